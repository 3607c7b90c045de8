package tenantfile

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"

	"go.yaml.in/yaml/v4"
)

// Digest names what a file says: 64 lower-case hexadecimal digits that comments, white space, quoting and the order of keys leave alone, so that tidying up a
// file makes no new version. It is taken of the document as written and not of the decoded struct: a field that a later program adds to the
// struct must not make a new version of every tenant's file. Bytes that are no YAML are digested as they are.
func Digest(data []byte) string {
	h := sha256.New()
	root, err := parse(data, true)
	if err != nil {
		h.Write(data)
	} else {
		canonical(h, root, 0)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// maxDepth is far more than a tenant file has.
const maxDepth = 100

// canonical writes n with every text preceded by its length and the keys of mappings in order.
func canonical(h hash.Hash, n *yaml.Node, depth int) {
	if depth > maxDepth {
		return
	}
	fmt.Fprintf(h, "%d:%d:%d:%s", n.Kind, len(n.Content), len(n.Value), n.Value)
	if n.Kind != yaml.MappingNode {
		for _, c := range n.Content {
			canonical(h, c, depth+1)
		}
		return
	}
	type pair struct{ key, value *yaml.Node }
	pairs := make([]pair, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		pairs = append(pairs, pair{n.Content[i], n.Content[i+1]})
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(a.key.Value, b.key.Value) })
	for _, p := range pairs {
		canonical(h, p.key, depth+1)
		canonical(h, p.value, depth+1)
	}
}
