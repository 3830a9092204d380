; TypeScript's own: types. See ecmascript.scm for the rest.

(abstract_class_declaration
  name: (_) @name
  (class_heritage)? @bases
  body: (_) @body) @definition.class
(interface_declaration
  name: (_) @name
  (extends_type_clause)? @bases
  body: (_) @body) @definition.interface
(enum_declaration name: (_) @name body: (_) @body) @definition.enum
(enum_body name: (property_identifier) @name @definition.field)
(enum_assignment name: (property_identifier) @name) @definition.field
(type_alias_declaration name: (_) @name) @definition.type
(internal_module name: (_) @name body: (_) @body) @definition.module
(module name: (string (string_fragment) @name) body: (_) @body) @definition.module

(function_declaration
  name: (identifier) @name
  return_type: (type_annotation (_) @type)
  body: (_) @body) @definition.function
(function_signature
  name: (identifier) @name
  return_type: (type_annotation (_) @type)?) @definition.function
(method_definition
  name: (_) @name
  return_type: (type_annotation (_) @type)
  body: (_) @body) @definition.function
([
  (interface_body
    (method_signature name: (_) @name return_type: (type_annotation (_) @type)?) @definition.function)
  (class_body
    (method_signature name: (_) @name return_type: (type_annotation (_) @type)?) @definition.function)
])
(type_alias_declaration
  value: (object_type
    (method_signature name: (_) @name return_type: (type_annotation (_) @type)?) @definition.function))
(abstract_method_signature name: (_) @name return_type: (type_annotation (_) @type)?) @definition.function
(lexical_declaration
  (variable_declarator
    name: (identifier) @name
    value: (arrow_function
      return_type: (type_annotation (_) @type)
      body: (_) @body)) @definition.function) @head

(variable_declarator
  name: (identifier) @name
  value: [(as_expression (object)) (satisfies_expression (object))]) @scope
(program (_ (variable_declarator value: [
  (as_expression (object [
    (pair key: (property_identifier) @name)
    (shorthand_property_identifier) @name
  ] @definition.field))
  (satisfies_expression (object [
    (pair key: (property_identifier) @name)
    (shorthand_property_identifier) @name
  ] @definition.field))
])))
(export_statement (_ (variable_declarator value: [
  (as_expression (object [
    (pair key: (property_identifier) @name)
    (shorthand_property_identifier) @name
  ] @definition.field))
  (satisfies_expression (object [
    (pair key: (property_identifier) @name)
    (shorthand_property_identifier) @name
  ] @definition.field))
])))

(public_field_definition
  name: (_) @name
  value: (arrow_function return_type: (type_annotation (_) @type)? body: (_) @body)) @definition.function
(public_field_definition name: (_) @name type: (type_annotation (_) @type)?) @definition.field
(interface_body
  (property_signature name: (_) @name type: (type_annotation (_) @type)?) @definition.field)
(type_alias_declaration
  value: (object_type
    (property_signature name: (_) @name type: (type_annotation (_) @type)?) @definition.field))
(required_parameter
  (accessibility_modifier)
  pattern: (identifier) @name
  type: (type_annotation (_) @type)?) @definition.field
(lexical_declaration
  (variable_declarator
    name: (identifier) @name
    type: (type_annotation (_) @type)?) @definition.variable) @head

(required_parameter pattern: (identifier) @local)
(optional_parameter pattern: (identifier) @local)
(type_parameter name: (type_identifier) @local)
(index_signature name: (identifier) @local)

(type_identifier) @reference.type
(nested_type_identifier module: (_) @receiver name: (type_identifier) @reference.type)
(extends_clause value: (identifier) @reference.type)
(extends_clause
  value: (member_expression object: (_) @receiver property: (property_identifier) @reference.type))

(import_statement
  (import_require_clause
    (identifier) @import.alias
    source: (string (string_fragment) @import.module)))

(required_parameter pattern: (identifier) @binding.target type: (type_annotation (_) @binding.type))
(optional_parameter pattern: (identifier) @binding.target type: (type_annotation (_) @binding.type))
(variable_declarator name: (identifier) @binding.target type: (type_annotation (_) @binding.type))
(variable_declarator
  name: (identifier) @binding.target
  value: (as_expression (_) (_) @binding.type))
(public_field_definition name: (_) @binding.target type: (type_annotation (_) @binding.type))
(public_field_definition
  name: (_) @binding.target
  value: (new_expression constructor: [(identifier) (member_expression)] @binding.made))

(required_parameter
  pattern: [(object_pattern) (array_pattern)] @binding.target
  type: (type_annotation (_) @binding.said))
(variable_declarator
  name: [(object_pattern) (array_pattern)] @binding.target
  type: (type_annotation (_) @binding.said))
(variable_declarator name: (_) @binding.target value: (non_null_expression) @binding.value)
(call_expression
  function: (member_expression object: (_) @binding.each property: (property_identifier) @_method)
  arguments: (arguments
    . (arrow_function
      parameters: (formal_parameters . (required_parameter pattern: (_) @binding.target !type))) @binding.within)
  (#word? @_method "forEach" "map" "filter" "find" "findLast" "findIndex" "some" "every" "flatMap"))
