package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/roster/wording"
	"rollcall.internal/internal/tenant"
)

// An annotatedCopy is the copy that --annotate asks for, while it is made: a file beside its place, which it takes when it is whole. So nobody ever sees half a copy, and
// an earlier one is there until then. A nil one is not asked for.
type annotatedCopy struct {
	path   string // its place
	locale string
	never  []os.FileInfo // files that it must not replace
	temp   *os.File      // nil once it is gone
	notes  *intake.Notes
	why    string // no copy was written, and this is why
	placed bool
}

// newAnnotatedCopy makes sure that a copy can be written where it is to go, before anything is read. It is readable by its owner alone, as it holds
// personal data in a place that nobody has prepared for them.
func newAnnotatedCopy(asked checkRequest, in *checkedFile) (*annotatedCopy, error) {
	if asked.annotate == "" {
		return nil, nil
	}
	if !in.info.Mode().IsRegular() {
		return nil, usage("--annotate reads %s twice, so it has to be a file", asked.file)
	}
	c := &annotatedCopy{path: asked.annotate, locale: asked.locale, never: []os.FileInfo{in.info}, notes: intake.NewNotes()}
	if info, err := os.Stat(asked.tenantFile); err == nil {
		c.never = append(c.never, info)
	}
	if real, err := filepath.EvalSymlinks(c.path); err == nil {
		c.path = real
	}
	if err := c.free(); err != nil {
		return nil, err
	}
	temp, err := os.CreateTemp(filepath.Dir(c.path), ".rollcall-*.csv")
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	if err != nil {
		return nil, usage("can't write to %s: %w", filepath.Dir(c.path), err)
	}
	c.temp = temp
	return c, nil
}

// free refuses a place that the copy must not take.
func (c *annotatedCopy) free() error {
	info, err := os.Stat(c.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return unreadable(c.path, err)
	case info.IsDir():
		return usage("%s is a folder; --annotate needs the name of a file to write", c.path)
	case !info.Mode().IsRegular():
		return usage("%s is not a file that a copy could replace", c.path)
	}
	for _, never := range c.never {
		if os.SameFile(info, never) {
			return usage("--annotate would write over %s", never.Name()).hint("give the copy a name of its own")
		}
	}
	return nil
}

// note takes a finding.
func (c *annotatedCopy) note(f roster.Finding) {
	if c != nil {
		c.notes.Add(f)
	}
}

// write writes the copy of a file that came to the summary, and puts it in its place.
func (c *annotatedCopy) write(ctx context.Context, in *checkedFile, agreed tenant.File, summary roster.Summary) error {
	if c == nil {
		return nil
	}
	if f, not := intake.NotCopied(summary); not {
		c.why = fmt.Sprintf(checkWordsIn(c.locale).notCopied, c.path, wording.Problem(c.locale, f))
		return nil
	}
	err := intake.Annotate(ctx, in, in.size, intake.Copy{
		Delimiter: agreed.Upload.Delimiter, Lang: c.locale, Notes: c.notes, Refused: summary.Verdict == roster.RefusedByFile,
	}, c.temp)
	if in.changed() {
		return fail(exitFailed, "%s was changed while it was read; no copy was written", in.path)
	}
	if err == nil {
		err = c.place()
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", c.path, err)
	}
	return nil
}

// place puts the copy where it was asked for.
func (c *annotatedCopy) place() error {
	if err := errors.Join(c.temp.Sync(), c.temp.Close()); err != nil {
		return err
	}
	if err := c.free(); err != nil {
		return err
	}
	if err := os.Rename(c.temp.Name(), c.path); err != nil {
		return err
	}
	c.placed = true
	return nil
}

// written reports whether the copy is in its place.
func (c *annotatedCopy) written() bool { return c != nil && c.placed }

// discard gives back what the copy took, and leaves nothing of it but what was put in its place.
func (c *annotatedCopy) discard() {
	if c == nil {
		return
	}
	_ = c.notes.Close()
	if !c.placed {
		_ = c.temp.Close()
		_ = os.Remove(c.temp.Name())
	}
}

// checkWords are what `check` says itself, around the words of package receipt.
type checkWords struct{ untold, copied, notCopied string }

func checkWordsIn(locale string) checkWords {
	if locale == roster.FrCA {
		return checkWords{
			untold:    "Pour voir chaque constat\u00A0: --json --limit 0 les énumère tous; --annotate COPIE.csv écrit une copie du fichier qui dit devant chaque rangée ce qui ne va pas et quoi faire.",
			copied:    "Copie annotée\u00A0: %s. Devant chaque rangée, elle dit ce qu’il en advient, ce qui ne va pas et quoi faire. Elle est faite pour être lue\u00A0: téléversez une nouvelle exportation, et non la copie.",
			notCopied: "aucune copie annotée n’a été écrite dans %s. %s",
		}
	}
	return checkWords{
		untold:    "To see every finding: --json --limit 0 lists them, and --annotate COPY.csv writes a copy of the file that says in front of each row what is wrong and what to do.",
		copied:    "Annotated copy: %s. In front of each row it says what becomes of it, what is wrong and what to do. It is made to be read: upload a new export, and not the copy.",
		notCopied: "no annotated copy was written to %s. %s",
	}
}
