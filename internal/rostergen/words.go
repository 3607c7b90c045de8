package rostergen

import "math/rand/v2"

// A word is a name as written and as it goes into an address.
type word struct{ name, ascii string }

// A stretch is a part of a table of names, those of one language.
type stretch struct{ from, to int }

func (s stretch) pick(rng *rand.Rand) uint16 { return uint16(s.from + rng.IntN(s.to-s.from)) }

// A culture is a language's names in the tables.
type culture struct {
	firsts, lasts stretch
	french        bool
}

var cultures = []culture{
	{firsts: stretch{0, 20}, lasts: stretch{0, 20}},
	{firsts: stretch{20, 38}, lasts: stretch{20, 38}, french: true},
	{firsts: stretch{38, 46}, lasts: stretch{38, 46}},
	{firsts: stretch{46, 54}, lasts: stretch{46, 54}},
	{firsts: stretch{54, 64}, lasts: stretch{54, 64}},
	{firsts: stretch{64, 70}, lasts: stretch{64, 70}},
}

var cultureWeights = []int{40, 25, 10, 8, 14, 3}

var firstNames = []word{
	{"Ana", "ana"}, {"Ben", "ben"}, {"Chloe", "chloe"}, {"Daniel", "daniel"}, {"Emma", "emma"}, {"Grace", "grace"}, {"Hannah", "hannah"},
	{"Isaac", "isaac"}, {"Jack", "jack"}, {"Kate", "kate"}, {"Liam", "liam"}, {"Mary-Anne", "mary-anne"}, {"Noah", "noah"}, {"Olivia", "olivia"},
	{"Priya", "priya"}, {"Rohan", "rohan"}, {"Sam", "sam"}, {"Thomas", "thomas"}, {"D'Arcy", "darcy"}, {"Zoe", "zoe"},
	{"Élodie", "elodie"}, {"François", "francois"}, {"Geneviève", "genevieve"}, {"Hélène", "helene"}, {"Jean-Luc", "jean-luc"}, {"Joël", "joel"},
	{"Léa", "lea"}, {"Marie-Ève", "marie-eve"}, {"Maëlle", "maelle"}, {"Noémie", "noemie"}, {"Océane", "oceane"}, {"René", "rene"},
	{"Sébastien", "sebastien"}, {"Thérèse", "therese"}, {"Valérie", "valerie"}, {"Xavier", "xavier"}, {"Étienne", "etienne"}, {"Zoé", "zoe"},
	{"Agnieszka", "agnieszka"}, {"Błażej", "blazej"}, {"Łukasz", "lukasz"}, {"Małgorzata", "malgorzata"}, {"Michał", "michal"}, {"Paweł", "pawel"},
	{"Święta", "swieta"}, {"Żaneta", "zaneta"},
	{"Anh Thư", "anh.thu"}, {"Bảo", "bao"}, {"Đức", "duc"}, {"Hằng", "hang"}, {"Hiếu", "hieu"}, {"Ngọc", "ngoc"}, {"Phượng", "phuong"}, {"Tuấn", "tuan"},
	{"Åsa", "asa"}, {"Björn", "bjorn"}, {"Çağla", "cagla"}, {"Dvořák", "dvorak"}, {"Göran", "goran"}, {"İpek", "ipek"}, {"José María", "jose.maria"},
	{"Jürgen", "jurgen"}, {"Núñez", "nunez"}, {"Søren", "soren"},
	{"美咲", "misaki"}, {"伟", "wei"}, {"Ольга", "olga"}, {"Γιώργος", "giorgos"}, {"محمد", "mohammed"}, {"지훈", "jihoon"},
}

var lastNames = []word{
	{"Adams", "adams"}, {"Brown", "brown"}, {"Campbell", "campbell"}, {"D'Angelo", "dangelo"}, {"Edwards", "edwards"}, {"Fraser", "fraser"},
	{"Green", "green"}, {"Hughes", "hughes"}, {"Iyer", "iyer"}, {"Johnson", "johnson"}, {"Kaur", "kaur"}, {"Lloyd-Jones", "lloyd-jones"},
	{"MacDonald", "macdonald"}, {"Null", "null"}, {"O'Brien", "obrien"}, {"Okafor", "okafor"}, {"Patel", "patel"}, {"Roy", "roy"}, {"Smith", "smith"},
	{"St. John", "st.john"},
	{"Bélanger", "belanger"}, {"Côté", "cote"}, {"Désormeaux", "desormeaux"}, {"d’Amours", "damours"}, {"Gagné", "gagne"}, {"Hébert", "hebert"},
	{"Lavoie-Tremblay", "lavoie-tremblay"}, {"Lefèvre", "lefevre"}, {"L'Heureux", "lheureux"}, {"Léveillé", "leveille"}, {"Montréal", "montreal"},
	{"Noël", "noel"}, {"Pelletier", "pelletier"}, {"Québec", "quebec"}, {"Rhéaume", "rheaume"}, {"Saint-Onge", "saint-onge"}, {"Théberge", "theberge"},
	{"Vézina", "vezina"},
	{"Dąbrowska", "dabrowska"}, {"Jaśkiewicz", "jaskiewicz"}, {"Kowalczyk", "kowalczyk"}, {"Łuczak", "luczak"}, {"Ostrowski", "ostrowski"},
	{"Śliwa", "sliwa"}, {"Wiśniewski", "wisniewski"}, {"Żółkiewski", "zolkiewski"},
	{"Bùi", "bui"}, {"Đặng", "dang"}, {"Hoàng", "hoang"}, {"Lê", "le"}, {"Nguyễn", "nguyen"}, {"Phạm", "pham"}, {"Trần", "tran"}, {"Vũ", "vu"},
	{"Ångström", "angstrom"}, {"Bjørnstad", "bjornstad"}, {"Çelik", "celik"}, {"de la Cruz", "de.la.cruz"}, {"García-Pérez", "garcia-perez"},
	{"Işık", "isik"}, {"Müller", "muller"}, {"Novák", "novak"}, {"Přibyl", "pribyl"}, {"Strauß", "strauss"},
	{"田中", "tanaka"}, {"王", "wang"}, {"Иванова", "ivanova"}, {"Παπαδόπουλος", "papadopoulos"}, {"الخطيب", "alkhatib"}, {"김", "kim"},
}

var units = []string{
	"Commercial Banking", "Corporate Functions", "Finance", "Legal", "Personal Banking", "Retail EMEA", "Technology", "Wealth Management",
}

// BusinessUnits returns the standard values of Business Unit.
func BusinessUnits() []string { return append([]string(nil), units...) }

// organizations go with the units, one each.
var organizations = []string{
	"Commercial Banking (Grant, Ida)", "Corporate Functions (Bond, Lee)", `Finance ("Finn" Aalto)`, "Legal (Okafor, Sam)",
	"Personal Banking (Roy, Ana)", "Retail EMEA (Müller, Jürgen)", `Technology, Platforms & "Labs"`, "Wealth Management (Côté, Léa)",
}

var departments = []string{
	"Accounts Payable", "Audit", "Branch Operations", "Client Care, Québec", "Compliance", "Credit Risk", "Data & Analytics",
	`Innovation "Garage"`, "Internal Communications", "Learning & Development", "Marketing", "Mortgages", "Payments", "People & Culture", "Privacy",
	"Procurement", "Project Office", "Real Estate", "Research, Development", "Security Operations", "Sustainability", "Treasury",
}

var levels = []string{"Individual Contributor", "Senior Contributor", "Manager", "Senior Manager", "Director", "Vice-President", "Executive"}

var jobs = []struct{ function, family string }{
	{"Engineering", "Software"}, {"Engineering", "Infrastructure"}, {"Finance", "Accounting"}, {"Finance", "Planning"}, {"Human Resources", "Recruiting"},
	{"Human Resources", "Rewards"}, {"Legal", "Contracts"}, {"Marketing", "Brand"}, {"Operations", "Branch"}, {"Operations", "Fraud, Claims"},
	{"Product", "Product Management"}, {"Risk", "Market Risk"}, {"Sales", "Advisory"}, {"Sales", ""},
}

var cities = []struct{ city, country string }{
	{"Toronto", "Canada"}, {"Montréal", "Canada"}, {"Québec", "Canada"}, {"Vancouver", "Canada"}, {"Halifax", "Canada"}, {"New York", "United States"},
	{"Chicago", "United States"}, {"San José", "Costa Rica"}, {"London", "United Kingdom"}, {"Kraków", "Poland"}, {"Łódź", "Poland"}, {"Zürich", "Switzerland"},
	{"Hà Nội", "Viet Nam"}, {"São Paulo", "Brazil"}, {"Abidjan", "Côte d’Ivoire"}, {"Tōkyō", "Japan"},
}
