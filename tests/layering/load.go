package layering

import (
	"fmt"
	"go/parser"
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// Load returns the packages of the module that dir lies in, as they are compiled into programs, with all that they reach.
func Load(dir string) ([]Package, error) {
	mode := packages.NeedName | packages.NeedImports | packages.NeedDeps | packages.NeedFiles
	loaded, err := packages.Load(&packages.Config{Mode: mode, Dir: dir}, "./...")
	if err != nil {
		return nil, fmt.Errorf("load packages: %w", err)
	}
	var all []Package
	for p := range packages.Postorder(loaded) {
		if len(p.Errors) > 0 {
			return nil, fmt.Errorf("load package %s: %w", p.PkgPath, p.Errors[0])
		}
		entry := Package{Path: p.PkgPath}
		for path := range p.Imports {
			entry.Imports = append(entry.Imports, path)
		}
		slices.Sort(entry.Imports)
		if strings.HasPrefix(p.PkgPath, Module) {
			if entry.Comment, err = hasComment(p.GoFiles); err != nil {
				return nil, err
			}
		}
		all = append(all, entry)
	}
	return all, nil
}

// hasComment reports whether one of the files has a comment that says what the package is.
func hasComment(files []string) (bool, error) {
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return false, fmt.Errorf("parse package clause: %w", err)
		}
		text := file.Doc.Text()
		if strings.HasPrefix(text, "Package "+file.Name.Name+" ") || file.Name.Name == "main" && text != "" {
			return true, nil
		}
	}
	return false, nil
}
