package workbook

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"path"
	"strings"
)

// A book is what a workbook's own part says: which sheets it has, and where their cells are.
type book struct {
	sheets   []bookSheet
	strings  string // the part of the shared texts; "" for none
	styles   string
	date1904 bool
}

type bookSheet struct {
	name   string
	hidden bool
	part   string
}

// The part that names the sheets, and the one that says where each is.
const (
	bookPart  = "xl/workbook.xml"
	bookRels  = "xl/_rels/workbook.xml.rels"
	bookPlace = "xl"
)

// bookXML is as much of the part as is needed; names are taken whatever their namespace, of which there are two.
type bookXML struct {
	Properties struct {
		Date1904 string `xml:"date1904,attr"`
	} `xml:"workbookPr"`
	Sheets []struct {
		Name  string     `xml:"name,attr"`
		State string     `xml:"state,attr"`
		Attrs []xml.Attr `xml:",any,attr"`
	} `xml:"sheets>sheet"`
}

type relsXML struct {
	Relationships []struct {
		ID     string `xml:"Id,attr"`
		Type   string `xml:"Type,attr"`
		Target string `xml:"Target,attr"`
		Mode   string `xml:"TargetMode,attr"`
	} `xml:"Relationship"`
}

// readBook reads the list of sheets.
func (a *archive) readBook() (book, error) {
	var text bookXML
	if err := a.decode(bookPart, &text); err != nil {
		return book{}, err
	}
	var rels relsXML
	if err := a.decode(bookRels, &rels); err != nil {
		return book{}, err
	}
	b := book{date1904: isTrue(text.Properties.Date1904)}
	places := b.follow(rels)
	seen := map[string]bool{}
	for _, s := range text.Sheets {
		place := ""
		for _, attr := range s.Attrs {
			if attr.Name.Local == "id" {
				place = places[attr.Value]
			}
		}
		if place == "" || seen[strings.ToLower(s.Name)] {
			continue // a chart, or a sheet that no spreadsheet would show
		}
		seen[strings.ToLower(s.Name)] = true
		b.sheets = append(b.sheets, bookSheet{name: s.Name, hidden: s.State != "" && s.State != "visible", part: place})
	}
	switch {
	case len(b.sheets) == 0:
		return b, refuse("the workbook has no sheet with cells")
	case len(b.sheets) > maxSheets:
		return b, refuse("the workbook has %d sheets; a data-mapping workbook has at most %d", len(b.sheets), maxSheets)
	}
	return b, nil
}

// follow notes where the shared texts and the styles are, and returns where each sheet is, by its relationship.
func (b *book) follow(rels relsXML) map[string]string {
	sheets := map[string]string{}
	for _, r := range rels.Relationships {
		if r.Mode == "External" {
			continue
		}
		switch path.Base(r.Type) {
		case "worksheet":
			sheets[r.ID] = placeOf(r.Target)
		case "sharedStrings":
			b.strings = placeOf(r.Target)
		case "styles":
			b.styles = placeOf(r.Target)
		}
	}
	return sheets
}

// placeOf is the name of the part that a relationship of the workbook points to.
func placeOf(target string) string {
	target = strings.ReplaceAll(target, `\`, "/")
	if strings.HasPrefix(target, "/") {
		return strings.ToLower(path.Clean(target)[1:])
	}
	return strings.ToLower(path.Join(bookPlace, target))
}

func (a *archive) decode(name string, into any) error {
	text, ok, err := a.part(name, true)
	if err != nil {
		return err
	}
	if !ok {
		return refuse("the workbook lacks its part %q: ask for it again", name)
	}
	if err := xml.Unmarshal(text, into); err != nil {
		return refuse("the part %q is damaged: save the workbook anew", name)
	}
	return nil
}

// Our own parts around the customer's.
const (
	ourTypes = `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`
	ourTop = `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	ourRel  = `<Relationship Id="%s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s"/>`
	ourBook = `<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" ` +
		`xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><workbookPr date1904="%t"/><sheets>%s</sheets></workbook>`
)

// ourName is what the sheet is called in our archive; the customer's name never reaches the library.
func ourName(i int) string { return fmt.Sprintf("s%d", i+1) }

// pack makes a workbook for the library: parts of ours, around the customer's texts, styles and sheets.
func (b book) pack(texts, styles []byte, sheets [][]byte) ([]byte, error) {
	files := map[string][]byte{"xl/sharedStrings.xml": texts, "xl/styles.xml": styles}
	order := []string{"[Content_Types].xml", "_rels/.rels", bookPart, bookRels, "xl/sharedStrings.xml", "xl/styles.xml"}
	var list, rels strings.Builder
	for i, s := range sheets {
		part := fmt.Sprintf("worksheets/sheet%d.xml", i+1)
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, ourName(i), i+1, i+1)
		fmt.Fprintf(&rels, ourRel, fmt.Sprintf("rId%d", i+1), "worksheet", part)
		files["xl/"+part] = s
		order = append(order, "xl/"+part)
	}
	fmt.Fprintf(&rels, ourRel, "rIdT", "sharedStrings", "sharedStrings.xml")
	fmt.Fprintf(&rels, ourRel, "rIdS", "styles", "styles.xml")
	files["[Content_Types].xml"], files["_rels/.rels"] = []byte(ourTypes), []byte(ourTop)
	files[bookPart] = fmt.Appendf(nil, ourBook, b.date1904, list.String())
	files[bookRels] = []byte(`<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + rels.String() + `</Relationships>`)
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range order {
		if files[name] == nil {
			continue
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = w.Write(files[name])
		}
		if err != nil {
			return nil, fmt.Errorf("pack workbook: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack workbook: %w", err)
	}
	return out.Bytes(), nil
}
