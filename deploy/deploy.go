// Package deploy holds what a deployment of Rollcall starts from; the example tenants are also built into the program, so that `rollcall demo` runs from anywhere.
package deploy

import _ "embed"

// AcmeTenant is tenants/acme.yaml, the file of an example tenant.
//
//go:embed tenants/acme.yaml
var AcmeTenant []byte
