package intake

import (
	"cmp"
	"slices"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/mapping/titles"
)

// likelyTitles returns, for each missing column, which of the file's spare titles is probably it, or "". No title is given twice: the likeliest pair comes first.
func likelyTitles(missing []mapping.Column, spare []string) []string {
	type pair struct{ column, title, distance int }
	var pairs []pair
	for i, c := range missing {
		for k, title := range spare {
			if d, ok := titleDistance(c, title); ok {
				pairs = append(pairs, pair{i, k, d})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(a.distance, b.distance) })
	likely, taken := make([]string, len(missing)), make([]bool, len(spare))
	for _, p := range pairs {
		if likely[p.column] == "" && !taken[p.title] {
			likely[p.column], taken[p.title] = spare[p.title], true
		}
	}
	return likely
}

// titleDistance says how far a title is from a column's, 0 being the same but for case and punctuation; false: too far. A well-known other name is nearer than one that is
// misspelt, and the earlier it stands in its list, the nearer.
func titleDistance(c mapping.Column, title string) (int, bool) {
	const lettersApart = 100
	plain := titles.Letters(title)
	if plain == titles.Letters(c.Title) {
		return 0, true
	}
	if i := slices.IndexFunc(titles.Others(c.Field), func(name string) bool { return titles.Letters(name) == plain }); i >= 0 {
		return 1 + i, true
	}
	limit := mostLettersApart(titles.Letters(c.Title)) + 1
	d := distance(plain, titles.Letters(c.Title), limit)
	return lettersApart + d, d < limit
}
