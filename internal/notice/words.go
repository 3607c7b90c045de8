package notice

import (
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// words are the sentences of one language. What stands in braces is filled in by [fill]. Each is a whole sentence, since one that is put together from parts can't be
// translated; a sentence that lacks a fact has one of its own beside it.
type words struct {
	hello, helloName string

	refusedSubject, refusedSubjectPlain      string
	refusedLead                              string
	copyTold, copyNobody                     string
	wrong, wrongMore                         string
	columns, expected, missing, foreign      string
	andMore                                  string // stands behind a list that was cut
	remedies, doCorrect, doCheck, doRead     string
	lateSubject, lateLead                    string
	stillSubject, stillLead                  string
	stillTold, stillNobody                   string
	known, lastFile, noFile, refusedFile     string
	lastLogin, noLogin, away                 string
	check, checkExport, checkLog, checkName  string
	schedule, scheduleNobody                 string
	doAsk, doSchedule, doPause               string
	once                                     string
	arrivedSubject, arrivedLead, arrivedNext string
	help, helpNobody                         string
	why, whyManager                          string

	// reasons complete the subject of a refused file, by code, or by code and variant.
	reasons map[string]string
	roles   map[tenant.Role]string
	// list joins titles; quote puts one in quotes.
	list, quote string
	// moment writes a time as {day}, {hour}, {minute} and {zone}.
	moment string
}

func in(locale string) words {
	if locale == roster.FrCA {
		return french
	}
	return english
}

var english = words{
	hello: "Hello,", helloName: "Hello {name},",

	refusedSubject:      "{org}: file refused — {reason}",
	refusedSubjectPlain: "{org}: file refused",
	refusedLead:         "The file “{file}”, received on {received}, was refused. Nothing was changed.",
	copyTold:            "This is your copy. Contacts of {org} who were told the same: {told}.",
	copyNobody:          "{org} has no contact for this, so nobody there was told: please pass it on.",
	wrong:               "What is wrong",
	wrongMore:           "There are more ({more}); the receipt tells them.",
	columns:             "The columns",
	expected:            "Expected: {list}",
	missing:             "Missing: {list}",
	foreign:             "In the file, and not agreed: {list}",
	andMore:             "…",
	remedies:            "What to do",
	doCorrect:           "Correct what is listed, export the file again and upload it under any name.",
	doCheck:             "To check a file before you send it, run rollcall check FILE --tenant-file TENANT.yaml on your own machine: it says the same, and sends nothing.",
	doRead:              "The whole receipt lies on the SFTP server:",

	lateSubject:  "{org}: the file due {day} has not arrived",
	lateLead:     "The file that {org} was to upload by {due} has not arrived.",
	stillSubject: "{org}: the file due {day} is still missing",
	stillLead:    "The file that {org} was to upload by {due} is still missing.",
	stillTold:    "Contacts of {org} who were told on {at}: {told}.",
	stillNobody:  "{org} has no contact for this, so nobody there was told.",
	known:        "What we know",
	lastFile:     "The last file that was accepted is “{file}”, received on {at}.",
	noFile:       "No file was accepted so far.",
	refusedFile:  "“{file}”, received on {at}, was refused; its receipt in /reports says why.",
	lastLogin:    "The last login to our SFTP server was on {at}.",
	noLogin:      "Nobody has logged in to our SFTP server so far.",
	away:         "Our own server could not be reached between {from} and {to}. An upload that failed then has to be made again.",
	check:        "What to check",
	checkExport:  "Did the export run, and is its file whole?",
	checkLog:     "Did the upload end without an error? If its log names a refused key or a changed host key, send us that line.",
	checkName:    "Does the uploaded file still bear a temporary name, such as .part or .tmp? It is read once it is renamed.",

	schedule:       "If the schedule has changed, tell {manager}.",
	scheduleNobody: "If the schedule has changed, tell your customer success manager.",
	doAsk:          "Ask {org}’s IT what keeps the file.",
	doSchedule:     "If the schedule has changed, change it in the tenant’s file and apply that: rollcall tenant apply FILE.",
	doPause:        "If uploads are to rest for a while: rollcall tenant pause {tenant}.",
	once:           "You get this once for each due date, and hear again when the file arrives.",

	arrivedSubject: "{org}: the file due {day} has arrived",
	arrivedLead:    "The file that {org} was to upload by {due} has arrived: “{file}”, received on {received}.",
	arrivedNext:    "You don’t need to do anything. What comes of the file is told on the SFTP server:",

	help:       "Questions? Reply to this message: it goes to {manager}, your customer success manager.",
	helpNobody: "Questions? Reply to this message.",
	why:        "Why you got this: {org} named you as {role} for {program}.",
	whyManager: "Why you got this: you look after {org} for {program}.",

	reasons: map[string]string{
		"file-empty": "it is empty", "file-no-rows": "it names nobody", "file-not-csv": "it is not a CSV file", "file-encoding": "it is not UTF-8",
		"file-nul": "it is damaged", "file-line-ends": "its line ends are wrong", "file-delimiter": "its delimiter is wrong",
		"file-quoting": "a quote is not closed", "file-quoting/torn": "it breaks off", "file-quoting/open": "it breaks off", "file-too-large": "it is too large",
		"header-missing-row": "it has no header", "column-missing": "“{column}” is missing", "column-duplicate": "a title stands twice",
	},
	roles: map[tenant.Role]string{
		tenant.ProgramOwner: "program owner", tenant.ProjectManager: "project manager", tenant.TechnicalSFTP: "technical contact for SFTP",
		tenant.TechnicalHRIS: "technical contact for the HRIS", tenant.CSM: "customer success manager",
	},
	list: ", ", quote: "“{title}”", moment: "{day} at {hour}:{minute} ({zone})",
}

var french = words{
	hello: "Bonjour,", helloName: "Bonjour {name},",

	refusedSubject:      "{org} : fichier refusé — {reason}",
	refusedSubjectPlain: "{org} : fichier refusé",
	refusedLead:         "Le fichier « {file} », reçu le {received}, a été refusé. Rien n’a été modifié.",
	copyTold:            "Voici votre copie. Personnes-ressources du client ({org}) qui ont reçu le même message : {told}.",
	copyNobody:          "{org} n’a pas de personne-ressource pour cela : personne n’y a été avisé, veuillez transmettre le message.",
	wrong:               "Ce qui ne va pas",
	wrongMore:           "Il y en a d’autres ({more}); le reçu les indique.",
	columns:             "Les colonnes",
	expected:            "Attendues : {list}",
	missing:             "Absentes : {list}",
	foreign:             "Dans le fichier, mais non convenues : {list}",
	andMore:             "…",
	remedies:            "Que faire",
	doCorrect:           "Corrigez ce qui est indiqué, exportez le fichier de nouveau et téléversez-le sous n’importe quel nom.",
	doCheck:             "Pour vérifier un fichier avant de l’envoyer, exécutez rollcall check FILE --tenant-file TENANT.yaml sur votre propre machine : la réponse est la même, et rien n’est envoyé.",
	doRead:              "Le reçu complet se trouve sur le serveur SFTP :",

	lateSubject:  "{org} : fichier attendu le {day} non reçu",
	lateLead:     "Le fichier attendu pour {org} au plus tard le {due} n’est pas arrivé.",
	stillSubject: "{org} : fichier attendu le {day} toujours absent",
	stillLead:    "Le fichier attendu pour {org} au plus tard le {due} manque toujours.",
	stillTold:    "Personnes-ressources du client ({org}) avisées le {at} : {told}.",
	stillNobody:  "{org} n’a pas de personne-ressource pour cela : personne n’y a été avisé.",
	known:        "Ce que nous savons",
	lastFile:     "Le dernier fichier accepté est « {file} », reçu le {at}.",
	noFile:       "Aucun fichier n’a été accepté jusqu’ici.",
	refusedFile:  "« {file} », reçu le {at}, a été refusé; son reçu, dans /reports, dit pourquoi.",
	lastLogin:    "La dernière connexion à notre serveur SFTP date du {at}.",
	noLogin:      "Personne ne s’est connecté à notre serveur SFTP jusqu’ici.",
	away:         "Notre propre serveur était inaccessible entre le {from} et le {to}. Un téléversement qui a échoué alors est à refaire.",
	check:        "Que vérifier",
	checkExport:  "L’exportation a-t-elle eu lieu, et son fichier est-il complet?",
	checkLog:     "Le téléversement s’est-il terminé sans erreur? Si son journal mentionne une clé refusée ou une clé d’hôte modifiée, envoyez-nous cette ligne.",
	checkName:    "Le fichier téléversé porte-t-il encore un nom temporaire, comme .part ou .tmp? Il est lu dès qu’il est renommé.",

	schedule:       "Si le calendrier a changé, avisez {manager}.",
	scheduleNobody: "Si le calendrier a changé, avisez votre gestionnaire de la réussite client.",
	doAsk:          "Demandez au service informatique du client ({org}) ce qui retient le fichier.",
	doSchedule:     "Si le calendrier a changé, corrigez-le dans le fichier du client et appliquez celui-ci : rollcall tenant apply FILE.",
	doPause:        "Si les téléversements doivent être suspendus : rollcall tenant pause {tenant}.",
	once:           "Vous recevez ce message une fois par échéance, et un autre quand le fichier arrive.",

	arrivedSubject: "{org} : fichier attendu le {day} reçu",
	arrivedLead:    "Le fichier attendu pour {org} au plus tard le {due} est arrivé : « {file} », reçu le {received}.",
	arrivedNext:    "Vous n’avez rien à faire. Ce qu’il advient du fichier est indiqué sur le serveur SFTP :",

	help:       "Des questions? Répondez à ce message : il parvient à {manager}, gestionnaire de la réussite client.",
	helpNobody: "Des questions? Répondez à ce message.",
	why:        "Pourquoi ce message : {org} vous a désigné comme {role} pour {program}.",
	whyManager: "Pourquoi ce message : vous êtes responsable du client {org} pour {program}.",

	reasons: map[string]string{
		"file-empty": "il est vide", "file-no-rows": "il ne nomme personne", "file-not-csv": "ce n’est pas un CSV", "file-encoding": "il n’est pas en UTF-8",
		"file-nul": "il est endommagé", "file-line-ends": "fins de ligne incorrectes", "file-delimiter": "séparateur incorrect",
		"file-quoting": "guillemet non fermé", "file-quoting/torn": "il est coupé", "file-quoting/open": "il est coupé", "file-too-large": "il est trop volumineux",
		"header-missing-row": "il n’a pas d’en-tête", "column-missing": "« {column} » absente", "column-duplicate": "un titre figure deux fois",
	},
	roles: map[tenant.Role]string{
		tenant.ProgramOwner: "responsable du programme", tenant.ProjectManager: "responsable du projet", tenant.TechnicalSFTP: "personne-ressource technique pour le SFTP",
		tenant.TechnicalHRIS: "personne-ressource technique pour le SIRH", tenant.CSM: "gestionnaire de la réussite client",
	},
	list: ", ", quote: "« {title} »", moment: "{day} à {h} h {minute} ({zone})",
}
