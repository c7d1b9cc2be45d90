package main

import "sync"

// commands lists every command in the order in which help shows them.
var commands = sync.OnceValue(func() []command {
	var all []command
	for _, group := range [][]command{demoCommands(), sandboxCommands(), ledgerCommands(), databaseCommands(), benchCommands()} {
		all = append(all, group...)
	}
	return all
})
