; Java. The captures are explained at the top of coderdiff/context/syntax/reader.py.

; definitions

(class_declaration
  name: (_) @name
  superclass: (_)? @bases
  interfaces: (_)? @bases
  body: (_) @body) @definition.class
(record_declaration name: (_) @name interfaces: (_)? @bases body: (_) @body) @definition.class
(interface_declaration name: (_) @name (extends_interfaces)? @bases body: (_) @body) @definition.interface
(annotation_type_declaration name: (_) @name body: (_) @body) @definition.interface
(enum_declaration name: (_) @name interfaces: (_)? @bases body: (_) @body) @definition.enum
(method_declaration type: (_) @type name: (_) @name body: (_)? @body) @definition.function
(constructor_declaration name: (_) @name body: (_) @body) @definition.function
(compact_constructor_declaration name: (_) @name body: (_) @body) @definition.function
(annotation_type_element_declaration type: (_) @type name: (_) @name) @definition.function
(field_declaration type: (_) @type declarator: (variable_declarator name: (_) @name)) @definition.field
(constant_declaration type: (_) @type declarator: (variable_declarator name: (_) @name)) @definition.field
(enum_constant name: (_) @name body: (_)? @body) @definition.field
(record_declaration
  parameters: (formal_parameters (formal_parameter type: (_) @type name: (_) @name) @definition.field))

; names that are local to a function

(formal_parameter name: (identifier) @local)
(spread_parameter (variable_declarator name: (identifier) @local))
(inferred_parameters (identifier) @local)
(lambda_expression parameters: (identifier) @local)
(catch_formal_parameter name: (identifier) @local)
(resource name: (identifier) @local)
(enhanced_for_statement name: (identifier) @local)
(local_variable_declaration declarator: (variable_declarator name: (identifier) @local))
(instanceof_expression name: (identifier) @local)
(type_pattern (identifier) @local)
(type_parameter . (type_identifier) @local)

; references

(method_invocation !object name: (identifier) @reference.call)
(method_invocation object: (_) @receiver name: (identifier) @reference.call)
(object_creation_expression type: (type_identifier) @reference.call)
(object_creation_expression type: (generic_type . (type_identifier) @reference.call))
(field_access object: (_) @receiver field: (identifier) @reference.attribute)
(method_reference . (_) @receiver (identifier) @reference.attribute .)
(scoped_type_identifier (_) @receiver (type_identifier) @reference.type .)
(marker_annotation name: (identifier) @reference.type)
(annotation name: (identifier) @reference.type)
(element_value_pair key: (identifier) @reference.none)
(package_declaration (scoped_identifier name: (identifier) @reference.none))
(type_identifier) @reference.type
((type_identifier) @reference.none (#word? @reference.none "var"))
(identifier) @reference.name
(scoped_identifier name: (identifier) @reference.none)
(scoped_identifier scope: (identifier) @reference.none)

; imports

(import_declaration (scoped_identifier) @import.module)
(import_declaration (scoped_identifier) @import.module (asterisk) @import.name)
(import_declaration
  "static"
  (scoped_identifier scope: (_) @import.module name: (identifier) @import.name) . ";")

; bindings

(formal_parameter type: (_) @binding.type name: (identifier) @binding.target)
(spread_parameter (_) @binding.type (variable_declarator name: (identifier) @binding.target))
(catch_formal_parameter (catch_type . (_) @binding.type) name: (identifier) @binding.target)
(resource type: (_) @binding.type name: (identifier) @binding.target)
(enhanced_for_statement type: (_) @binding.type name: (identifier) @binding.target)
(instanceof_expression right: (_) @binding.type name: (identifier) @binding.target)
(local_variable_declaration
  type: (_) @binding.type
  declarator: (variable_declarator name: (identifier) @binding.target))
(local_variable_declaration
  declarator: (variable_declarator
    name: (identifier) @binding.target
    value: [
      (object_creation_expression type: (_) @binding.made)
      (method_invocation) @binding.made
    ]))
(field_declaration
  type: (_) @binding.type
  declarator: (variable_declarator name: (identifier) @binding.target))
(assignment_expression
  left: [(identifier) (field_access)] @binding.target
  right: (object_creation_expression type: (_) @binding.made))
(assignment_expression left: (field_access) @binding.target right: (identifier) @binding.from)

; what names get, in the open document

(enhanced_for_statement name: (identifier) @binding.target value: (_) @binding.each)
(local_variable_declaration
  declarator: (variable_declarator
    name: (identifier) @binding.target
    value: [
      (identifier) (field_access) (array_access) (ternary_expression) (parenthesized_expression)
    ] @binding.value))
(local_variable_declaration
  declarator: (variable_declarator
    name: (identifier) @binding.target
    value: (cast_expression type: (_) @binding.said)))
(assignment_expression
  left: [(identifier) (field_access)] @binding.target
  right: [(identifier) (field_access) (array_access) (ternary_expression)] @binding.value)
(method_invocation
  object: (_) @binding.each
  name: (identifier) @_method
  arguments: (argument_list . (lambda_expression parameters: (identifier) @binding.target) @binding.within)
  (#word? @_method
    "forEach" "map" "filter" "anyMatch" "allMatch" "noneMatch" "flatMap" "removeIf" "mapToInt" "mapToObj" "peek"
    "takeWhile" "dropWhile"))
