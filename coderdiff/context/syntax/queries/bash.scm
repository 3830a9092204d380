; Bash. The captures are explained at the top of coderdiff/context/syntax/reader.py.

; definitions

(function_definition name: (word) @name body: (_) @body) @definition.function
(variable_assignment name: (variable_name) @name) @definition.variable
(declaration_command (variable_assignment name: (variable_name) @name) @definition.variable) @head
(declaration_command (variable_name) @name) @definition.variable

; names that are local to a function

(for_statement variable: (variable_name) @local)

; references

(command name: (command_name (word) @reference.call))
(variable_name) @reference.name

; imports

(command
  name: (command_name (word) @_source)
  argument: [
    (word) @import.module
    (string (string_content) @import.module .)
    (raw_string) @import.module
    (concatenation (word) @import.module .)
  ]
  (#word? @_source "source" ".")
  (#set! import.name "*"))
