package receipt

import (
	"fmt"
	"time"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/roster"
)

// A Progress is how far an import has come, as far as a receipt tells it.
type Progress struct {
	Phase    contract.Phase
	Outcome  contract.Outcome // "" until the import is closed
	Deadline time.Time        // of the decision
	Changes  int              // people for whom anything changes
}

// Next says in a sentence or two of the locale's language what became of the file, what happens next, and whose turn it is.
func Next(p Progress, locale string) string {
	told := nextEnglish
	if locale == roster.FrCA {
		told = nextFrench
	}
	if p.Outcome != "" {
		return told.outcomes[p.Outcome]
	}
	if p.Phase != contract.AwaitingDecision {
		return told.working
	}
	deadline := p.Deadline.UTC().Format("2006-01-02 15:04 UTC")
	if p.Changes == 1 {
		return fmt.Sprintf(told.waitingOne, deadline)
	}
	return fmt.Sprintf(told.waiting, newText(locale, Import).number(p.Changes), deadline)
}

// nextWords are the sentences of one language.
type nextWords struct {
	working, waitingOne, waiting string
	outcomes                     map[contract.Outcome]string
}

var nextEnglish = nextWords{
	working:    "The file is being worked on. You don't need to do anything; this receipt is brought up to date.",
	waitingOne: "It is your customer success manager's turn: 1 change waits for approval until %s. You don't need to do anything; this receipt is brought up to date.",
	waiting:    "It is your customer success manager's turn: %s changes wait for approval until %s. You don't need to do anything; this receipt is brought up to date.",
	outcomes: map[contract.Outcome]string{
		contract.Refused:             "Nothing was changed. Correct what is listed below, export the file again and upload it under any name.",
		contract.NothingNew:          "This file says the same as one that was applied or waits for approval, so there is nothing to do for it. Nothing was changed.",
		contract.NoChange:            "The directory equals the file already. Nothing was changed, and you don't need to do anything.",
		contract.TurnedDown:          "The changes were turned down by a reviewer. Nothing was changed; your customer success manager will be in touch.",
		contract.Expired:             "Nobody decided about the changes in time. Nothing was changed; upload a newer file when you have one.",
		contract.SupersededByNewer:   "A newer file took this one's place before it was decided about. Nothing was changed by this one.",
		contract.Withdrawn:           "The file was withdrawn. Nothing was changed.",
		contract.Rehearsed:           "This was a rehearsal: the file was read and compared, and nothing was changed, because your organisation is still being set up. Your customer success manager looks at the result with you.",
		contract.Applied:             "The changes that were approved were applied. You don't need to do anything.",
		contract.AppliedWithFailures: "The changes were applied, except for people whom somebody else was changing at the same time. You don't need to do anything.",
		contract.Stopped:             "The import was stopped before it was complete. Your customer success manager will be in touch.",
		contract.Stale:               "The directory was changed meanwhile, so the changes were not applied. Your customer success manager will be in touch.",
	},
}

var nextFrench = nextWords{
	working:    "Le fichier est en cours de traitement. Vous n’avez rien à faire; ce reçu est tenu à jour.",
	waitingOne: "C’est au tour de votre gestionnaire de la réussite client : 1 changement attend son approbation jusqu’au %s. Vous n’avez rien à faire; ce reçu est tenu à jour.",
	waiting:    "C’est au tour de votre gestionnaire de la réussite client : %s changements attendent son approbation jusqu’au %s. Vous n’avez rien à faire; ce reçu est tenu à jour.",
	outcomes: map[contract.Outcome]string{
		contract.Refused:             "Rien n’a été modifié. Corrigez ce qui est indiqué ci-dessous, exportez le fichier de nouveau et téléversez-le sous n’importe quel nom.",
		contract.NothingNew:          "Ce fichier dit la même chose qu’un autre, déjà appliqué ou en attente d’approbation : il n’y a rien à faire. Rien n’a été modifié.",
		contract.NoChange:            "L’annuaire correspond déjà au fichier. Rien n’a été modifié et vous n’avez rien à faire.",
		contract.TurnedDown:          "Les changements ont été refusés par un réviseur. Rien n’a été modifié; votre gestionnaire de la réussite client vous écrira.",
		contract.Expired:             "Personne n’a décidé des changements à temps. Rien n’a été modifié; téléversez un fichier plus récent quand vous l’aurez.",
		contract.SupersededByNewer:   "Un fichier plus récent a pris la place de celui-ci avant toute décision. Celui-ci n’a rien modifié.",
		contract.Withdrawn:           "Le fichier a été retiré. Rien n’a été modifié.",
		contract.Rehearsed:           "C’était une répétition : le fichier a été lu et comparé, et rien n’a été modifié, car votre organisation est en cours de mise en place. Votre gestionnaire de la réussite client en regarde le résultat avec vous.",
		contract.Applied:             "Les changements approuvés ont été appliqués. Vous n’avez rien à faire.",
		contract.AppliedWithFailures: "Les changements ont été appliqués, sauf pour des personnes que quelqu’un d’autre modifiait au même moment. Vous n’avez rien à faire.",
		contract.Stopped:             "L’importation a été arrêtée avant la fin. Votre gestionnaire de la réussite client vous écrira.",
		contract.Stale:               "L’annuaire a été modifié entre-temps : les changements n’ont pas été appliqués. Votre gestionnaire de la réussite client vous écrira.",
	},
}
