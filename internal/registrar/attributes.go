package registrar

import (
	"context"
	"fmt"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"

	"rollcall.internal/internal/contract"
)

// EnsureSearchAttributes registers the search attributes that workflows use and checks their types: Temporal accepts an attribute that exists with another type
// without a word, and refuses the runs that set it.
func EnsureSearchAttributes(ctx context.Context, c client.Client, namespace string) error {
	want := map[string]enumspb.IndexedValueType{}
	for _, a := range contract.SearchAttributes() {
		t, err := enumspb.IndexedValueTypeFromString(a.Type)
		if err != nil {
			return fmt.Errorf("register search attribute %s: %w", a.Name, err)
		}
		want[a.Name] = t
	}
	listed, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("list search attributes: %w", err)
	}
	absent := map[string]enumspb.IndexedValueType{}
	var wrong []string
	for name, t := range want {
		switch has, ok := listed.CustomAttributes[name]; {
		case !ok:
			absent[name] = t
		case has != t:
			wrong = append(wrong, fmt.Sprintf("%s is %s and must be %s", name, has, t))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("search attributes of namespace %s have other types: %s", namespace, strings.Join(wrong, "; "))
	}
	if len(absent) == 0 {
		return nil
	}
	if _, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: absent}); err != nil {
		return fmt.Errorf("register search attributes: %w", err)
	}
	return nil
}
