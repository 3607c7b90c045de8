package intake

import (
	"unicode/utf8"

	"rollcall.internal/internal/mapping/titles"
)

// nearest returns the candidate that word was probably meant to be: the same but for case and punctuation, or else one that is few letters away.
func nearest(word string, candidates []string) (string, bool) {
	if word = titles.Letters(word); word == "" {
		return "", false
	}
	best, least := "", mostLettersApart(word)+1
	for _, c := range candidates {
		if d := distance(word, titles.Letters(c), least); d < least {
			best, least = c, d
		}
	}
	return best, best != ""
}

// mostLettersApart is by how many letters a word may differ and still be meant.
func mostLettersApart(word string) int { return max(1, utf8.RuneCountInString(word)/4) }

// distance is Levenshtein's, or limit where it is at least that.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if abs(len(x)-len(y)) >= limit {
		return limit
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range y {
			cost := diagonal
			if r != s {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return min(row[len(y)], limit)
}

func abs(n int) int { return max(n, -n) }
