; What JavaScript and TypeScript share. The captures are explained at the top of coderdiff/context/syntax/reader.py.

; definitions

(function_declaration name: (identifier) @name body: (_) @body) @definition.function
(generator_function_declaration name: (identifier) @name body: (_) @body) @definition.function
(class_declaration name: (_) @name (class_heritage)? @bases body: (_) @body) @definition.class
(method_definition name: (_) @name body: (_) @body) @definition.function
(export_statement
  "default" @name
  value: (class !name (class_heritage)? @bases body: (_) @body)) @definition.class
(export_statement "default" @name value: (function_expression !name body: (_) @body)) @definition.function
(assignment_expression
  left: (member_expression object: (identifier) @_module property: (property_identifier) @_exports)
  right: (class name: (_) @name (class_heritage)? @bases body: (_) @body)
  (#word? @_module "module")
  (#word? @_exports "exports")) @definition.class
(assignment_expression
  left: (member_expression object: (identifier) @_module property: (property_identifier) @name)
  right: (class !name (class_heritage)? @bases body: (_) @body)
  (#word? @_module "module")
  (#word? @name "exports")) @definition.class

(lexical_declaration
  (variable_declarator
    name: (identifier) @name
    value: [
      (arrow_function body: (_) @body)
      (function_expression body: (_) @body)
      (generator_function body: (_) @body)
    ]) @definition.function) @head
(lexical_declaration
  (variable_declarator
    name: (identifier) @name
    value: (class (class_heritage)? @bases body: (_) @body)) @definition.class) @head
(variable_declaration
  (variable_declarator
    name: (identifier) @name
    value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.function) @head
(variable_declaration (variable_declarator name: (identifier) @name) @definition.variable) @head
(variable_declarator name: (array_pattern (identifier) @name)) @definition.variable
(variable_declarator
  name: (object_pattern [
    (shorthand_property_identifier_pattern) @name
    (pair_pattern value: (identifier) @name)
  ])) @definition.variable
(variable_declarator name: (identifier) @name value: (object)) @scope
(program (_ (variable_declarator value: (object [
  (pair key: (property_identifier) @name)
  (shorthand_property_identifier) @name
] @definition.field))))
(export_statement (_ (variable_declarator value: (object [
  (pair key: (property_identifier) @name)
  (shorthand_property_identifier) @name
] @definition.field))))

(pair
  key: (property_identifier) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.function
(assignment_expression
  left: (member_expression
    object: (member_expression object: (_) @within property: (property_identifier) @_prototype)
    property: (property_identifier) @name)
  right: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]
  (#word? @_prototype "prototype")) @definition.function
(assignment_expression
  left: (member_expression property: (property_identifier) @name)
  right: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
  ]) @definition.function
(assignment_expression
  left: (member_expression property: (property_identifier) @name)
  right: (class body: (_) @body)
  (#not-word? @name "exports")) @definition.function
(assignment_expression
  left: (member_expression object: (this) property: (_) @name)) @definition.field

; names that are local to a function

(arrow_function parameter: (identifier) @local)
(formal_parameters (_ (shorthand_property_identifier_pattern) @local))
(object_pattern [
  (shorthand_property_identifier_pattern) @local
  (pair_pattern value: (identifier) @local)
  (object_assignment_pattern left: (shorthand_property_identifier_pattern) @local)
])
(array_pattern (identifier) @local)
(rest_pattern (identifier) @local)
(assignment_pattern left: (identifier) @local)
(catch_clause parameter: (identifier) @local)
(for_in_statement left: (identifier) @local)

; references

(call_expression function: (identifier) @reference.call)
(call_expression
  function: (member_expression
    object: (_) @receiver
    property: [(property_identifier) (private_property_identifier)] @reference.call))
(new_expression constructor: (identifier) @reference.call)
(new_expression
  constructor: (member_expression object: (_) @receiver property: (property_identifier) @reference.call))
(member_expression
  object: (_) @receiver
  property: [(property_identifier) (private_property_identifier)] @reference.attribute)
(identifier) @reference.name
(shorthand_property_identifier) @reference.name

; imports

(import_statement
  (import_clause (identifier) @import.alias)
  source: (string (string_fragment) @import.module)
  (#set! import.name "default"))
(import_statement
  (import_clause (namespace_import (identifier) @import.alias))
  source: (string (string_fragment) @import.module))
(import_statement
  (import_clause (named_imports
    (import_specifier name: (identifier) @import.name !alias)))
  source: (string (string_fragment) @import.module))
(import_statement
  (import_clause (named_imports
    (import_specifier name: (_) @import.name alias: (identifier) @import.alias)))
  source: (string (string_fragment) @import.module))
(import_statement . source: (string (string_fragment) @import.module))
(export_statement
  (export_clause (export_specifier name: (_) @import.name !alias))
  source: (string (string_fragment) @import.module))
(export_statement
  (export_clause (export_specifier name: (_) @import.name alias: (_) @import.alias))
  source: (string (string_fragment) @import.module))
(export_statement
  !source
  (export_clause (export_specifier name: (identifier) @import.name alias: (_) @import.alias)))
(export_statement "default" @import.alias value: (identifier) @import.name)
(export_statement "default" @import.alias declaration: (_ name: (_) @import.name))
(assignment_expression
  left: (member_expression object: (identifier) @_module property: (property_identifier) @import.alias)
  right: [(identifier) @import.name (class name: (_) @import.name)]
  (#word? @_module "module" "exports"))
(assignment_expression
  left: (member_expression
    object: (member_expression object: (identifier) @_module property: (property_identifier) @_exports)
    property: (property_identifier) @import.alias)
  right: (identifier) @import.name
  (#word? @_module "module")
  (#word? @_exports "exports"))
(assignment_expression
  left: (member_expression object: (identifier) @_module property: (property_identifier) @_exports)
  right: (object
    (pair key: (property_identifier) @import.alias value: (identifier) @import.name))
  (#word? @_module "module")
  (#word? @_exports "exports"))
(export_statement
  (namespace_export (_) @import.alias)
  source: (string (string_fragment) @import.module))
(export_statement "*" @import.name source: (string (string_fragment) @import.module))
(variable_declarator
  name: (identifier) @import.alias
  value: (call_expression
    function: (identifier) @_require
    arguments: (arguments . (string (string_fragment) @import.module)))
  (#word? @_require "require"))
(variable_declarator
  name: (object_pattern [
    (shorthand_property_identifier_pattern) @import.name
    (pair_pattern key: (property_identifier) @import.name value: (identifier) @import.alias)
  ])
  value: (call_expression
    function: (identifier) @_require
    arguments: (arguments . (string (string_fragment) @import.module)))
  (#word? @_require "require"))
(variable_declarator
  name: (identifier) @import.alias
  value: (await_expression
    (call_expression function: (import) arguments: (arguments . (string (string_fragment) @import.module)))))
(call_expression function: (import) arguments: (arguments . (string (string_fragment) @import.module)))

; bindings

(variable_declarator
  name: (identifier) @binding.target
  value: [
    (new_expression constructor: [(identifier) (member_expression)] @binding.made)
    (call_expression function: [(identifier) (member_expression)] @binding.made)
    (await_expression (call_expression function: [(identifier) (member_expression)] @binding.made))
  ]
  (#not-word? @binding.made "require"))
(variable_declarator name: (identifier) @binding.target value: (identifier) @binding.from)
(assignment_expression
  left: [(identifier) (member_expression)] @binding.target
  right: [
    (new_expression constructor: [(identifier) (member_expression)] @binding.made)
    (call_expression function: [(identifier) (member_expression)] @binding.made)
    (await_expression (call_expression function: [(identifier) (member_expression)] @binding.made))
  ])
(assignment_expression
  left: [(identifier) (member_expression)] @binding.target
  right: (identifier) @binding.from)

; what names get, in the open document

(variable_declarator
  name: (_) @binding.target
  value: [
    (identifier) (member_expression) (subscript_expression) (binary_expression) (ternary_expression)
    (array) (parenthesized_expression)
    (call_expression function: (member_expression))
    (await_expression [(identifier) (member_expression)])
    (await_expression (call_expression function: (member_expression)))
  ] @binding.value)
(variable_declarator
  name: [(object_pattern) (array_pattern)] @binding.target
  value: [
    (call_expression function: (identifier) @_made)
    (await_expression (call_expression function: (identifier) @_made))
  ] @binding.value
  (#not-word? @_made "require"))
(assignment_expression
  left: [(identifier) (member_expression) (object_pattern) (array_pattern)] @binding.target
  right: [
    (identifier) (member_expression) (subscript_expression) (binary_expression) (ternary_expression)
    (array) (parenthesized_expression)
    (call_expression function: (member_expression))
    (await_expression [(identifier) (member_expression)])
    (await_expression (call_expression function: (member_expression)))
  ] @binding.value)
(for_in_statement left: (_) @binding.target operator: "of" right: (_) @binding.each)
(call_expression
  function: (member_expression object: (_) @binding.each property: (property_identifier) @_method)
  arguments: (arguments . (arrow_function parameter: (identifier) @binding.target) @binding.within)
  (#word? @_method "forEach" "map" "filter" "find" "findLast" "findIndex" "some" "every" "flatMap"))
(binary_expression
  left: (identifier) @binding.target
  operator: "instanceof"
  right: [(identifier) (member_expression)] @binding.narrowed) @binding.check
