package postgres

import (
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

// summaryRow is the stored form of changeset.Summary. Rows of earlier releases are read, so fields are only added.
type summaryRow struct {
	Digest    changeset.Digest           `json:"digest"`
	Totals    changeset.Totals           `json:"totals"`
	Removals  int                        `json:"removals"`
	RemovalOp changeset.Op               `json:"removal_op"`
	Fields    map[roster.Field]int       `json:"fields"`
	Emptied   map[roster.Field]int       `json:"emptied"`
	Conflicts map[changeset.Conflict]int `json:"conflicts"`
	Members   int                        `json:"members"`
	Rows      int                        `json:"rows"`
	Epoch     int64                      `json:"epoch"`
}

func summaryOf(s changeset.Summary) summaryRow { return summaryRow(s) }

func (r summaryRow) domain() changeset.Summary { return changeset.Summary(r) }
