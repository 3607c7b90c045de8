package report

import "rollcall.internal/internal/changeset"

var french = words{
	title:   "%s : les changements de l’importation %s",
	summary: "Sommaire",
	masked:  "•••• (privé)",
	private: "privé", public: "public",

	organisation: "Organisation", importID: "Importation", standing: "État", file: "Fichier", received: "Reçu", digest: "SHA-256 du fichier",
	rows: "Rangées du fichier", mappingVersion: "Correspondance", changeSet: "Ensemble de changements",
	mapping: "version %s de ce qui a été convenu", rowsAside: "%s (mises de côté : %s)",
	waits:   "Les changements attendent une approbation jusqu’au %s. Si personne ne les approuve, rien n’est modifié.",
	working: "Les changements sont en cours d’application.",

	totals: "Résumé des changements", kind: "Type de changement", people: "Personnes", meaning: "Ce que cela veut dire",
	kinds: map[changeset.Op]string{
		changeset.Create: "Ajout", changeset.Update: "Mise à jour", changeset.Deactivate: "Désactivation", changeset.Reactivate: "Réactivation",
		changeset.Restore: "Restauration", changeset.Delete: "Suppression",
	},
	meanings: map[changeset.Op]string{
		changeset.Create:     "Elles sont dans le fichier et pas dans l’annuaire : elles sont ajoutées.",
		changeset.Update:     "Quelque chose à leur sujet diffère de l’annuaire : cela devient ce que dit le fichier.",
		changeset.Deactivate: "Elles partent en congé : elles sont masquées et ne reçoivent aucun message, jusqu’à ce qu’un fichier les dise actives.",
		changeset.Reactivate: "Elles reviennent de congé : elles sont de nouveau visibles.",
		changeset.Restore:    "Elles avaient été supprimées et sont de nouveau dans le fichier : elles reviennent avec leur profil.",
		changeset.Delete:     "Elles sont dans l’annuaire et ne sont plus dans le fichier : elles sont supprimées.",
	},
	unchanged: "Sans changement", unchangedMeans: "Le fichier dit d’elles ce que dit l’annuaire.",
	setAside: "Mises de côté", setAsideMeans: "Rangées qui n’ont pas pu être prises. La personne qui y figure reste comme elle est et n’est pas supprimée.",
	asideTitle: "Mis de côté", noneOfKind: "Personne.",
	conflicts: map[changeset.Conflict]string{
		changeset.IdentitySwapped: "Rangées qui portent l’identifiant d’une personne dont le nom et l’adresse sont autres dans l’annuaire : %s. Elles sont mises de côté jusqu’à ce qu’on décide de qui il s’agit.",
		changeset.AddressRecycled: "Rangées qui portent l’adresse d’une personne dont l’identifiant et le nom sont autres dans l’annuaire : %s. Elles sont mises de côté jusqu’à ce qu’on décide de qui il s’agit.",
		changeset.AddressTaken:    "Rangées qui demandent une adresse qu’une autre personne a et garde : %s. Elles sont mises de côté.",
		changeset.AddressHeld:     "Rangées qui demandent une adresse qu’une personne supprimée, qui peut être restaurée, a encore : %s. Elles sont mises de côté.",
		changeset.MatchedTwice:    "Rangées qui désignent la même personne, l’une par l’identifiant et l’autre par l’adresse : %s. Elles sont mises de côté.",
	},

	know:            "Avant de répondre",
	invites:         "%s personnes seraient invitées par courriel. Une invitation envoyée ne peut pas être reprise.",
	invitesOne:      "Une personne serait invitée par courriel. Une invitation envoyée ne peut pas être reprise.",
	invitesNone:     "Personne ne serait invité par courriel.",
	invited:         "%s personnes ont été invitées par courriel. Une invitation envoyée ne peut pas être reprise.",
	invitedOne:      "Une personne a été invitée par courriel. Une invitation envoyée ne peut pas être reprise.",
	invitedNone:     "Personne n’a été invité par courriel.",
	restorable:      "Toute personne supprimée peut être restaurée, avec son profil, pendant %s jours après l’application de l’importation. Ensuite, ce qu’on sait d’elle est effacé.",
	restorableUntil: "Toute personne supprimée peut être restaurée, avec son profil, jusqu’au %s. Ensuite, ce qu’on sait d’elle est effacé.",
	nothingErased:   "Personne n’est supprimé.",
	privateLegend:   "« Privé » indique ce que seuls les administrateurs verront par la suite. Vous le voyez dans cette liste parce qu’on ne peut vérifier ce qu’on ne peut lire : ne la transmettez qu’aux personnes autorisées.",
	maskedLegend:    "« Privé » indique ce que seuls les administrateurs verront par la suite. Ces valeurs ne figurent pas dans cette liste; les noms, les adresses et les identifiants y sont, pour que vous sachiez de qui il s’agit.",
	protected:       "Aucune personne qui figure dans le fichier, même dans une rangée qui n’a pas pu être prise, n’est supprimée par lui.",
	doubtful:        "Rangées où l’on ne peut pas dire avec certitude de qui il s’agit : %s. Une personne qui y figure peut se trouver parmi celles à supprimer : examinez chacune de celles-ci avant de donner votre accord.",
	unlisted:        "Le fichier donne lieu à %s constats de plus que ceux qui figurent ici.",
	made:            "Cette liste dit ce qui était prévu : %s changements sur %s ont été faits.",
	answer:          "Votre réponse",
	answerTo:        "Est-ce juste? Dites à %s : « c’est juste », ou ce qui ne va pas. Votre réponse est consignée avec votre nom. Répondre ne modifie rien.",
	answerToAnybody: "Est-ce juste? Dites à votre gestionnaire de la réussite client : « c’est juste », ou ce qui ne va pas. Votre réponse est consignée avec votre nom. Répondre ne modifie rien.",

	row: "Rangée", name: "Nom", uniqueID: "Identifiant", email: "Courriel", column: "Colonne", before: "Avant", after: "Après", visibility: "Visibilité", remark: "Remarque", value: "Valeur",
	code: "Code", level: "Mis de côté", wrong: "Ce qui ne va pas, et que faire", invitation: "Invitation par courriel", eligibility: "Admissibilité au programme",
	wholeRow: "la rangée", oneValue: "la valeur", absent: "absente du fichier", yes: "oui", no: "non",
	asideIs: "%s (%s) : %s",

	firstOf: "Voici les %s premières sur %s. La liste en classeur (.xlsx) ou en .csv les contient toutes.", emptyValue: "(vide)", person: "Personne", where: "Provenance",
	date: "2006-01-02, 15 h 04",
}
