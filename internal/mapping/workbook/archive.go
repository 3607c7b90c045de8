package workbook

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"strings"
)

// The limits of an archive. What a part comes to is counted while it is inflated; what it claims is not believed.
const (
	maxParts    = 2000
	maxInflated = 8 << 20 // all parts that are read
	maxKept     = 4 << 20 // those that the library keeps in memory: texts, styles, the list of sheets
	// Elements are counted by their tags' opening brackets; the library makes up to some hundred bytes of each that it keeps, and passes by those of sheets.
	maxTags     = 1_000_000
	maxKeptTags = 200_000
	maxTag      = 64 << 10 // bytes of one tag with its attributes
)

// An archive is a workbook's file, of which parts are inflated as they are asked for.
type archive struct {
	files  map[string]*zip.File // by their names in lower case
	budget budget
}

// open looks at the archive without inflating it, and tells every reason why it is no plain workbook.
func open(data []byte) (*archive, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, refuse("the workbook is damaged or was cut off on its way: ask for it again")
	}
	if len(z.File) > maxParts {
		return nil, refuse("the file is an archive of %d parts, which no data-mapping workbook has", len(z.File))
	}
	var against reasons
	a := &archive{files: map[string]*zip.File{}, budget: budget{bytes: maxInflated, kept: maxKept, tags: maxTags, keptTags: maxKeptTags}}
	for _, f := range z.File {
		name := partName(f)
		if a.files[name] != nil {
			against.add("the archive holds the part %q twice", f.Name)
			continue
		}
		a.files[name] = f
		about(f, name, &against)
	}
	a.plainWorkbook(&against)
	return a, against.err()
}

// part inflates a part; ok is false where there is none. Kept says that the library makes a model of it.
func (a *archive) part(name string, kept bool) (text []byte, ok bool, err error) {
	f := a.files[strings.ToLower(name)]
	if f == nil {
		return nil, false, nil
	}
	text, err = a.budget.inflate(f, kept)
	return text, true, err
}

func partName(f *zip.File) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
}

// about tells what stands against one part, without inflating it.
func about(f *zip.File, name string, against *reasons) {
	switch {
	case f.Flags&1 != 0:
		against.add("the part %q is protected by a password: save the workbook without one", f.Name)
	case path.Base(name) == "vbaproject.bin" || strings.HasPrefix(name, "xl/macrosheets/"):
		against.add("the workbook holds macros (%s): save it as an Excel workbook without macros (.xlsx)", f.Name)
	case strings.HasPrefix(name, "xl/externallinks/") && strings.HasSuffix(name, ".xml"):
		against.add("the workbook takes values from other workbooks (%s): break the links (Data > Edit Links), so that it says its values itself", f.Name)
	case strings.HasPrefix(name, "xl/embeddings/") && !strings.HasSuffix(name, "/"), strings.HasPrefix(name, "xl/activex/"):
		against.add("the workbook holds another document inside (%s): take it out", f.Name)
	case isArchive(f, name):
		against.add("the file holds another archive (%s): send the workbook alone", f.Name)
	}
}

// isArchive reports whether a part is an archive itself, by its name or its first bytes.
func isArchive(f *zip.File, name string) bool {
	switch path.Ext(name) {
	case ".zip", ".xlsx", ".xlsm", ".docx", ".pptx", ".7z", ".rar", ".gz", ".jar":
		return true
	}
	if f.Method != zip.Store && f.Method != zip.Deflate {
		return false // inflate tells it
	}
	r, err := f.Open()
	if err != nil {
		return false
	}
	defer r.Close() //nolint:errcheck // nothing is written
	start := make([]byte, 4)
	n, _ := io.ReadFull(r, start)
	return isZip(start[:n]) || bytes.HasPrefix(start[:n], []byte("\x1F\x8B"))
}

// plainWorkbook tells what the archive is where it is no XLSX.
func (a *archive) plainWorkbook(against *reasons) {
	has := func(name string) bool { return a.files[name] != nil }
	switch {
	case has("xl/workbook.xml"):
	case has("xl/workbook.bin"):
		against.add("the file is a binary workbook (.xlsb): save it as an Excel workbook (.xlsx)")
	case has("content.xml") && has("mimetype"):
		against.add("the file is an OpenDocument spreadsheet (.ods): save it as an Excel workbook (.xlsx)")
	case has("word/document.xml"):
		against.add("the file is a Word document: copy the table into an Excel workbook (.xlsx)")
	case has("ppt/presentation.xml"):
		against.add("the file is a presentation: copy the table into an Excel workbook (.xlsx)")
	case has("index/document.iwa"):
		against.add("the file is a Numbers document: export it as an Excel workbook (.xlsx)")
	case len(*against) == 0:
		against.add("the file is an archive and no Excel workbook: unpack it")
	}
}

// A budget is what is left of the limits.
type budget struct{ bytes, kept, tags, keptTags int }

// inflate returns what is in a part, which is read to its end so that its checksum is known to be right.
func (b *budget) inflate(f *zip.File, kept bool) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, refuse("the part %q is packed in a way that workbooks are not: save the workbook anew", f.Name)
	}
	defer r.Close() //nolint:errcheck // nothing is written
	room := b.bytes
	if kept {
		room = min(room, b.kept)
	}
	var text bytes.Buffer
	_, err = io.CopyN(&text, r, int64(room)+1)
	switch {
	case err == nil:
		return nil, refuse("the workbook unpacks to more than a data-mapping workbook ever does (%s): take out what is not the mapping", f.Name)
	case err != io.EOF: //nolint:errorlint // CopyN returns it bare
		return nil, refuse("the part %q is damaged: ask for the workbook again", f.Name)
	}
	b.bytes -= text.Len()
	tags := bytes.Count(text.Bytes(), []byte{'<'})
	b.tags -= tags
	if kept {
		b.kept -= text.Len()
		b.keptTags -= tags
	}
	if b.tags < 0 || b.keptTags < 0 {
		return nil, refuse("the workbook has more cells, texts or styles than a data-mapping workbook ever does (%s): take out what is not the mapping", f.Name)
	}
	return text.Bytes(), checkTags(f.Name, text.Bytes())
}

// checkTags refuses what an XML parser would need much memory for: a tag of very many attributes, and a document type.
func checkTags(name string, text []byte) error {
	opened := -1
	for i, c := range text {
		switch {
		case c == '<':
			opened = i
		case c == '>':
			opened = -1
		case opened >= 0 && i-opened > maxTag:
			return refuse("the part %q is no XML that spreadsheets write", name)
		}
	}
	if bytes.Contains(text[:min(len(text), maxTag)], []byte("<!DOCTYPE")) {
		return refuse("the part %q is no XML that spreadsheets write", name)
	}
	return nil
}
