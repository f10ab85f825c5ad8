// Asks the official rules of the MCP registry about a server.json. tests/packages/container builds it
// inside the sources of the registry, because their rules are internal to them.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/modelcontextprotocol/registry/internal/validators"
	apiv0 "github.com/modelcontextprotocol/registry/pkg/api/v0"
)

func main() {
	var server apiv0.ServerJSON

	data, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = json.Unmarshal(data, &server)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	result := validators.ValidateServerJSON(&server, validators.ValidationAll)
	for _, issue := range result.Issues {
		fmt.Printf("%s: %s: %s\n", issue.Severity, issue.Path, issue.Message)
	}
	fmt.Println("valid:", result.Valid)
	if !result.Valid {
		os.Exit(1)
	}
}
