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
	absent, err := AbsentSearchAttributes(ctx, c, namespace)
	if err != nil || len(absent) == 0 {
		return err
	}
	if _, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: absent}); err != nil {
		return fmt.Errorf("register search attributes: %w", err)
	}
	return nil
}

// AbsentSearchAttributes returns the search attributes that the namespace lacks. One that is there with another type is an error: no program can mend that.
func AbsentSearchAttributes(ctx context.Context, c client.Client, namespace string) (absent map[string]enumspb.IndexedValueType, err error) {
	listed, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return nil, fmt.Errorf("list search attributes: %w", err)
	}
	absent = map[string]enumspb.IndexedValueType{}
	var wrong []string
	for _, a := range contract.SearchAttributes() {
		want, err := enumspb.IndexedValueTypeFromString(a.Type)
		if err != nil {
			return nil, fmt.Errorf("read type of search attribute %s: %w", a.Name, err)
		}
		switch has, ok := listed.CustomAttributes[a.Name]; {
		case !ok:
			absent[a.Name] = want
		case has != want:
			wrong = append(wrong, fmt.Sprintf("%s is %s and must be %s", a.Name, has, want))
		}
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("search attributes of namespace %s have other types: %s", namespace, strings.Join(wrong, "; "))
	}
	return absent, nil
}
