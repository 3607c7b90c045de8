package wording

// The spaces before colons and inside guillemets do not break (U+00A0); a test sees to it.
var french = catalogue{
	"file-empty": {
		"Le fichier est vide.",
		"Exportez de nouveau la liste et téléversez-la en entier.",
	},
	"file-no-rows": {
		"Le fichier contient un en-tête et aucune personne.",
		"Exportez de nouveau la liste et vérifiez le filtre de l’exportation.",
	},
	"file-not-csv/zip": {
		"Le fichier est une archive ZIP et non un fichier CSV.",
		"Décompressez-la et téléversez le fichier CSV qu’elle contient.",
	},
	"file-not-csv/xlsx": {
		"Le fichier est un classeur Excel et non un fichier CSV.",
		"Dans Excel, choisissez Enregistrer sous, CSV UTF-8 (délimité par des virgules), et téléversez ce fichier.",
	},
	"file-not-csv/xls": {
		"Le fichier est un ancien classeur Excel et non un fichier CSV.",
		"Dans Excel, choisissez Enregistrer sous, CSV UTF-8 (délimité par des virgules), et téléversez ce fichier.",
	},
	"file-not-csv/gzip": {
		"Le fichier est compressé par gzip.",
		"Téléversez le fichier CSV lui-même.",
	},
	"file-not-csv/pdf": {
		"Le fichier est un document PDF.",
		"Exportez la liste en CSV UTF-8 et téléversez ce fichier.",
	},
	"file-not-csv/html": {
		"Le fichier est une page Web, souvent la page de connexion ou d’erreur d’une exportation.",
		"Exportez la liste en CSV UTF-8 et téléversez ce fichier.",
	},
	"file-not-csv/xml": {
		"Le fichier est en XML.",
		"Exportez la liste en CSV UTF-8 et téléversez ce fichier.",
	},
	"file-not-csv/other": {
		"Le fichier est au format {format} et non un fichier CSV.",
		"Exportez la liste en CSV UTF-8 et téléversez ce fichier.",
	},
	"file-encoding": {
		"Le texte n’est plus en UTF-8 à partir de la ligne {line}; il ressemble à {encoding}.",
		"Exportez la liste en CSV UTF-8 et téléversez-la de nouveau.",
	},
	"file-encoding/unknown": {
		"Le texte n’est plus en UTF-8 à partir de la ligne {line}, et rien ne dit ce qu’il est.",
		"Exportez la liste en CSV UTF-8 et téléversez-la de nouveau.",
	},
	"file-encoding/whole": {
		"Le fichier est en {encoding}.",
		"Exportez la liste en CSV UTF-8 et téléversez-la de nouveau.",
	},
	"file-nul": {
		"La rangée {row} (ligne {line}) contient un octet NUL, signe d’un fichier endommagé.",
		"Exportez de nouveau la liste.",
	},
	"file-line-ends": {
		"La ligne {line} se termine par un retour de chariot seul, comme sur les anciens Macintosh.",
		"Enregistrez le fichier avec des fins de ligne LF ou CRLF.",
	},
	"file-delimiter": {
		"L’en-tête est une seule colonne qui contient {found} là où {wanted} sépare les colonnes.",
		"Exportez le fichier avec {wanted} entre les colonnes.",
	},
	"file-quoting": {
		"Un guillemet ouvert dans la rangée {row} (ligne {line}) n’est jamais fermé.",
		"Fermez-le, et doublez tout guillemet à l’intérieur d’une cellule.",
	},
	"file-quoting/torn": {
		"Le fichier s’interrompt dans la rangée {row} (ligne {line}) : {found} cellules sur {wanted} et pas de fin de ligne.",
		"Le téléversement ou l’exportation a été coupé; téléversez de nouveau le fichier entier.",
	},
	"file-quoting/open": {
		"Le fichier s’interrompt dans la rangée {row} (ligne {line}), dans une cellule entre guillemets.",
		"Le téléversement ou l’exportation a été coupé; téléversez de nouveau le fichier entier.",
	},
	"file-quoting/character": {
		"Le fichier s’interrompt dans la rangée {row} (ligne {line}), au milieu d’un caractère.",
		"Le téléversement ou l’exportation a été coupé; téléversez de nouveau le fichier entier.",
	},
	"file-quoting/header": {
		"Les guillemets de l’en-tête ne sont pas bien fermés.",
		"Mettez entre guillemets un titre qui contient une virgule ou un guillemet, et doublez ce dernier.",
	},
	"file-too-large/rows": {
		"Le fichier contient plus de {limit} rangées, le maximum convenu.",
		"Parlez-en à votre gestionnaire de la réussite client.",
	},
	"file-too-large/bytes": {
		"Le fichier dépasse {limit} octets, le maximum convenu.",
		"Parlez-en à votre gestionnaire de la réussite client.",
	},
	"file-too-large/row": {
		"La rangée {row} (ligne {line}) a une cellule de plus de 64 Kio ou dépasse 1 Mio en tout.",
		"Cherchez-y un guillemet ouvert et jamais fermé.",
	},
	"file-too-large/width": {
		"La rangée {row} (ligne {line}) a plus de 256 colonnes.",
		"Retirez ce qui n’est pas convenu et vérifiez le séparateur.",
	},
	"file-too-large/lines": {
		"Le fichier a plus de {limit} rangées, presque toutes vides.",
		"Retirez les lignes vides, ou exportez de nouveau la liste.",
	},
	"file-name-date": {
		"Le nom du fichier ne porte pas de date au format MM.JJ.AAAA, ou en porte une impossible.",
		"Ajoutez la date de la liste, par exemple 01.13.2023.",
	},
	"header-missing-row": {
		"La rangée 1 contient des données là où devraient se trouver les titres des colonnes.",
		"Ajoutez en haut du fichier une rangée avec les titres convenus.",
	},
	"header-missing-row/blank": {
		"La rangée 1 est vide là où devraient se trouver les titres des colonnes.",
		"Commencez le fichier par l’en-tête.",
	},
	"header-missing-row/above": {
		"Les titres des colonnes se trouvent dans la rangée {titles}, sous autre chose.",
		"Retirez ce qui est au-dessus, pour que le fichier commence par la rangée des titres.",
	},
	"column-missing": {
		"La colonne « {column} » manque.",
		"Ajoutez-la à l’exportation, avec exactement ce titre.",
	},
	"column-missing/near": {
		"La colonne « {column} » manque; il y a « {near} ».",
		"Donnez à la colonne le titre convenu.",
	},
	"column-duplicate": {
		"Le titre « {value} » figure au-dessus de plus d’une colonne.",
		"Gardez-en une; la casse et les espaces ne comptent pas.",
	},
	"column-unmapped": {
		"La colonne « {column} » n’est pas convenue et n’est pas lue.",
		"Retirez-la, ou demandez qu’elle soit ajoutée.",
	},
	"column-unmapped/untitled": {
		"La colonne {number} n’a pas de titre et n’est pas lue.",
		"Retirez-la, ou donnez-lui le titre convenu.",
	},
	"row-column-count": {
		"La rangée {row} a {found} cellules et l’en-tête en a {wanted}.",
		"Mettez entre guillemets une cellule qui contient une virgule.",
	},
	"row-quoting": {
		"La rangée {row} (ligne {line}) a un guillemet dans une cellule qui n’est pas entre guillemets.",
		"Mettez la cellule entre guillemets et doublez le guillemet.",
	},
	"row-quoting/after": {
		"La rangée {row} (ligne {line}) a du texte après un guillemet fermant.",
		"Doublez tout guillemet à l’intérieur d’une cellule.",
	},
	"row-quoting/swallowed": {
		"La rangée {row} (ligne {line}) a une cellule de plusieurs lignes qui contient des rangées entières.",
		"Cherchez un guillemet de trop là où elle commence et là où elle finit.",
	},
	"row-repeated-header": {
		"La rangée {row} répète l’en-tête.",
		"Retirez-la; les fichiers assemblés en contiennent plusieurs.",
	},
	"row-blank": {
		"La rangée {row} est vide et a été ignorée.",
		"",
	},
	"row-duplicate": {
		"La rangée {row} est identique à la rangée {first}, qui a été gardée.",
		"Retirez l’une des deux.",
	},
	"duplicate-id": {
		"{column} « {value} » figure dans les rangées {rows}, qui diffèrent. Aucune n’a été appliquée.",
		"Gardez une rangée par personne.",
	},
	"duplicate-email": {
		"{column} « {value} » figure dans les rangées {rows} pour des personnes différentes. Aucune n’a été appliquée.",
		"Donnez à chacune sa propre adresse.",
	},
	"required-blank": {
		"{column} est vide dans la rangée {row}, alors que ce champ est obligatoire.",
		"Remplissez-le.",
	},
	"required-blank/agreed": {
		"{column} est vide dans la rangée {row}; il est convenu que les rangées sans cette valeur ne sont pas prises.",
		"Remplissez-la.",
	},
	"email-format": {
		"{column} « {value} » dans la rangée {row} n’est pas une adresse simple.",
		"Écrivez-la comme nom@exemple.com, sans nom ni crochets autour.",
	},
	"email-format/inside": {
		"{column} « {value} » dans la rangée {row} est une adresse entourée d’autre chose.",
		"Écrivez {near} sans rien d’autre.",
	},
	"email-format/list": {
		"{column} « {value} » dans la rangée {row} contient plus d’une adresse.",
		"Gardez celle où la personne peut être jointe.",
	},
	"email-format/long": {
		"{column} dans la rangée {row} dépasse la longueur permise d’une adresse : 64 caractères avant le @ et 254 en tout.",
		"Corrigez-la.",
	},
	"email-format/hidden": {
		"{column} « {value} » dans la rangée {row} contient des caractères invisibles.",
		"Saisissez l’adresse de nouveau.",
	},
	"email-format/lookalike": {
		"{column} « {value} » dans la rangée {row} contient des lettres pleine chasse ou de plusieurs alphabets.",
		"Saisissez l’adresse de nouveau.",
	},
	"email-format/domain": {
		"{column} « {value} » dans la rangée {row} n’a pas de domaine valable avec un point après le @.",
		"Corrigez-la.",
	},
	"id-mangled": {
		"{column} « {value} » dans la rangée {row} est un nombre en notation scientifique : un tableur en a perdu des chiffres.",
		"Mettez la colonne au format texte et exportez de nouveau.",
	},
	"id-mangled/error": {
		"{column} « {value} » dans la rangée {row} est une erreur de tableur.",
		"Corrigez la formule et exportez de nouveau.",
	},
	"id-mangled/long": {
		"{column} dans la rangée {row} dépasse la longueur permise pour un identifiant, 255 octets.",
		"Cherchez un texte venu d’une autre colonne, corrigez et exportez de nouveau.",
	},
	"value-not-allowed": {
		"{column} « {value} » dans la rangée {row} n’est pas une valeur convenue.",
		"Utilisez l’une de celles-ci : {allowed}.",
	},
	"value-not-allowed/near": {
		"{column} « {value} » dans la rangée {row} n’est pas une valeur convenue; il s’agit sans doute de « {near} ».",
		"Écrivez-la exactement ainsi.",
	},
	"value-not-allowed/row": {
		"{column} « {value} » dans la rangée {row} n’est pas une valeur convenue, et les rangées qui en ont d’autres ne sont pas prises.",
		"Utilisez l’une de celles-ci : {allowed}.",
	},
	"value-not-allowed/row-near": {
		"{column} « {value} » dans la rangée {row} n’est pas une valeur convenue, et les rangées qui en ont d’autres ne sont pas prises; il s’agit sans doute de « {near} ».",
		"Écrivez-la exactement ainsi.",
	},
	"value-not-allowed/kept": {
		"{column} « {value} » dans la rangée {row} n’est pas dans la liste convenue; la valeur a été prise telle quelle.",
		"",
	},
	"value-not-allowed/kept-near": {
		"{column} « {value} » dans la rangée {row} n’est pas dans la liste convenue; la valeur a été prise telle quelle.",
		"S’il s’agit de « {near} », écrivez-le exactement ainsi.",
	},
	"value-not-allowed/blank": {
		"{column} « {value} » dans la rangée {row} n’est pas une valeur convenue et a été lue comme une cellule vide.",
		"Utilisez l’une de celles-ci : {allowed}.",
	},
	"value-not-allowed/blank-near": {
		"{column} « {value} » dans la rangée {row} n’est pas une valeur convenue et a été lue comme une cellule vide; il s’agit sans doute de « {near} ».",
		"Écrivez-la exactement ainsi.",
	},
	"date-format": {
		"{column} « {value} » dans la rangée {row} n’est pas une date au format MM/JJ/AAAA.",
		"Corrigez-la; la date reste ce qu’elle était.",
	},
	"date-format/day": {
		"{column} « {value} » dans la rangée {row} est un jour qui n’existe pas.",
		"Les dates s’écrivent MM/JJ/AAAA; la date reste ce qu’elle était.",
	},
	"date-format/swapped": {
		"{column} « {value} » dans la rangée {row} semble avoir le jour et le mois inversés.",
		"Écrivez les dates MM/JJ/AAAA, celle-ci {date}; la date reste ce qu’elle était.",
	},
	"date-format/serial": {
		"{column} « {value} » dans la rangée {row} est un numéro de jour de tableur, soit le {date}.",
		"Mettez la colonne au format MM/JJ/AAAA et exportez de nouveau.",
	},
	"date-format/iso": {
		"{column} « {value} » dans la rangée {row} commence par l’année.",
		"Écrivez {date}.",
	},
	"date-format/digits": {
		"{column} « {value} » dans la rangée {row} doit avoir deux chiffres pour le mois, deux pour le jour et quatre pour l’année.",
		"Écrivez {date}.",
	},
	"date-format/form": {
		"{column} « {value} » dans la rangée {row} n’est pas au format MM/JJ/AAAA.",
		"Écrivez {date}; la date reste ce qu’elle était.",
	},
	"date-format/ambiguous": {
		"{column} « {value} » dans la rangée {row} peut désigner deux jours différents.",
		"Écrivez les dates MM/JJ/AAAA; la date reste ce qu’elle était.",
	},
	"date-format/year": {
		"{column} « {value} » dans la rangée {row} a une année de deux chiffres.",
		"Écrivez les dates MM/JJ/AAAA, avec les quatre chiffres; la date reste ce qu’elle était.",
	},
	"date-format/range": {
		"{column} « {value} » dans la rangée {row} a une année hors de 1900 à 2199.",
		"Corrigez-la, ou laissez la cellule vide s’il n’y a pas de date; la date reste ce qu’elle était.",
	},
	"text-control": {
		"{column} dans la rangée {row} contient des caractères de commande ou qui changent le sens du texte.",
		"Saisissez la valeur de nouveau; elle reste ce qu’elle était.",
	},
	"text-control/row": {
		"{column} dans la rangée {row} contient des caractères de commande, des sauts de ligne ou des caractères qui changent le sens du texte.",
		"Saisissez la valeur de nouveau; la rangée n’a pas été appliquée.",
	},
	"spreadsheet-error": {
		"{column} « {value} » dans la rangée {row} est une erreur de tableur.",
		"Corrigez la formule et exportez de nouveau; la valeur reste ce qu’elle était.",
	},
	"spreadsheet-error/row": {
		"{column} « {value} » dans la rangée {row} est une erreur de tableur.",
		"Corrigez la formule et exportez de nouveau; la rangée n’a pas été appliquée.",
	},
	"text-mojibake": {
		"{column} « {value} » dans la rangée {row} ressemble à un texte encodé deux fois ou qui a perdu des lettres.",
		"Vérifiez comment l’exportation écrit les accents.",
	},
}
