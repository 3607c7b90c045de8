package main

import (
	"context"
	"fmt"
	"io"

	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/roster/wording"
	"rollcall.internal/internal/tenant"
)

// An annotatedCopy is the copy that --annotate asks for, while it is made. A nil one is not asked for.
type annotatedCopy struct {
	locale string
	file   *placedFile
	notes  *intake.Notes
	why    string // no copy was written, and this is why
}

// newAnnotatedCopy makes sure that a copy can be written where it is to go, before anything is read.
func newAnnotatedCopy(asked checkRequest, in *checkedFile) (*annotatedCopy, error) {
	if asked.annotate == "" {
		return nil, nil
	}
	if !in.info.Mode().IsRegular() {
		return nil, usage("--annotate reads %s twice, so it has to be a file", asked.file)
	}
	file, err := newPlacedFile(placement{path: asked.annotate, flag: "--annotate", what: "a copy", inputs: append(inputsAt(asked.tenantFile), in.info)})
	if err != nil {
		return nil, err
	}
	return &annotatedCopy{locale: asked.locale, file: file, notes: intake.NewNotes()}, nil
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
		c.why = fmt.Sprintf(checkWordsIn(c.locale).notCopied, c.file.place.path, wording.Problem(c.locale, f))
		return nil
	}
	return c.file.write(func(out io.Writer) error {
		err := intake.Annotate(ctx, in, in.size, intake.Copy{
			Delimiter: agreed.Upload.Delimiter, Lang: c.locale, Notes: c.notes, Refused: summary.Verdict == roster.RefusedByFile,
		}, out)
		if in.changed() {
			return fail(exitFailed, "%s was changed while it was read; no copy was written", in.path)
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", c.file.place.path, err)
		}
		return nil
	})
}

// written reports whether the copy is in its place.
func (c *annotatedCopy) written() bool { return c != nil && c.file.placed }

// discard gives back what the copy took, and leaves nothing of it but what was put in its place.
func (c *annotatedCopy) discard() {
	if c == nil {
		return
	}
	_ = c.notes.Close()
	c.file.discard()
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
