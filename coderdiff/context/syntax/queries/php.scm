; PHP. The captures are explained at the top of coderdiff/context/syntax/reader.py.
; A namespace without braces is no scope. Variables are local wherever they are used, so they are no references.

; definitions

(namespace_definition name: (_) @name body: (_) @body) @definition.module
(class_declaration
  name: (_) @name
  (base_clause)? @bases
  (class_interface_clause)? @bases
  body: (_) @body) @definition.class
(interface_declaration name: (_) @name (base_clause)? @bases body: (_) @body) @definition.interface
(trait_declaration name: (_) @name body: (_) @body) @definition.class
(enum_declaration name: (_) @name (class_interface_clause)? @bases body: (_) @body) @definition.enum
(enum_case name: (_) @name) @definition.field
(function_definition name: (_) @name return_type: (_)? @type body: (_) @body) @definition.function
(method_declaration name: (_) @name return_type: (_)? @type body: (_) @body) @definition.function
(method_declaration name: (_) @name return_type: (_)? @type) @definition.function
(property_declaration
  type: (_)? @type
  (property_element name: (variable_name (name) @name))) @definition.field
(property_promotion_parameter type: (_)? @type name: (variable_name (name) @name)) @definition.field
(const_declaration (const_element . (name) @name)) @definition.variable
(assignment_expression
  left: (member_access_expression object: (variable_name) @_this name: (name) @name)
  (#word? @_this "$this")) @definition.field
(program (expression_statement (assignment_expression left: (variable_name) @name) @definition.variable))
(function_call_expression
  function: (name) @_define
  arguments: (arguments . (argument [
    (string (string_content) @name)
    (encapsed_string . (string_content) @name .)
  ]))
  (#word? @_define "define")) @definition.variable

(class_declaration name: (_) @name body: (declaration_list (use_declaration [(name) (qualified_name)] @inherits)))

; references

(function_call_expression function: (name) @reference.call)
(function_call_expression function: (qualified_name prefix: (_) @receiver (name) @reference.call))
(function_call_expression function: (qualified_name . (name) @reference.call))
(member_call_expression object: (_) @receiver name: (name) @reference.call)
(nullsafe_member_call_expression object: (_) @receiver name: (name) @reference.call)
(scoped_call_expression scope: (_) @receiver name: (name) @reference.call)
(object_creation_expression (name) @reference.call)
(object_creation_expression (qualified_name (name) @reference.call .))
(member_access_expression object: (_) @receiver name: (name) @reference.attribute)
(nullsafe_member_access_expression object: (_) @receiver name: (name) @reference.attribute)
(class_constant_access_expression . (_) @receiver (name) @reference.attribute .)
(scoped_property_access_expression scope: (_) @receiver name: (variable_name (name) @reference.attribute))
(class_constant_access_expression . (name) @reference.name)
(scoped_call_expression scope: (name) @reference.name)
(scoped_property_access_expression scope: (name) @reference.name)
(named_type (name) @reference.type)
(qualified_name prefix: (_) @receiver (name) @reference.type .)
(named_type (qualified_name . (name) @reference.type .))
(base_clause (name) @reference.type)
(class_interface_clause (name) @reference.type)
(use_declaration (name) @reference.type)
(attribute (name) @reference.type)
(binary_expression right: (name) @reference.name)
(binary_expression left: (name) @reference.name)
(argument (name) @reference.name)
(return_statement (name) @reference.name)
(assignment_expression right: (name) @reference.name)

; imports

(namespace_use_declaration) @import.text
([
  (require_expression [
    (string (string_content) @import.module)
    (binary_expression (string (string_content) @import.module))
    (parenthesized_expression (string (string_content) @import.module))
  ])
  (require_once_expression [
    (string (string_content) @import.module)
    (binary_expression (string (string_content) @import.module))
    (parenthesized_expression (string (string_content) @import.module))
  ])
  (include_expression [
    (string (string_content) @import.module)
    (binary_expression (string (string_content) @import.module))
    (parenthesized_expression (string (string_content) @import.module))
  ])
  (include_once_expression [
    (string (string_content) @import.module)
    (binary_expression (string (string_content) @import.module))
    (parenthesized_expression (string (string_content) @import.module))
  ])
] (#set! import.name "*"))

; bindings

(simple_parameter type: (_) @binding.type name: (variable_name) @binding.target)
(variadic_parameter type: (_) @binding.type name: (variable_name) @binding.target)
(property_promotion_parameter type: (_) @binding.type name: (variable_name) @binding.target)
(catch_clause type: (_) @binding.type name: (variable_name) @binding.target)
(property_declaration type: (_) @binding.type (property_element name: (variable_name) @binding.target))
(assignment_expression
  left: [(variable_name) (member_access_expression)] @binding.target
  right: [
    (object_creation_expression [(name) (qualified_name)] @binding.made)
    (function_call_expression) @binding.made
    (member_call_expression) @binding.made
    (scoped_call_expression) @binding.made
  ])
(assignment_expression
  left: [(variable_name) (member_access_expression)] @binding.target
  right: (variable_name) @binding.from)

; what names get, in the open document

(assignment_expression
  left: [(variable_name) (member_access_expression)] @binding.target
  right: [
    (variable_name) (member_access_expression) (nullsafe_member_access_expression) (binary_expression)
    (conditional_expression) (subscript_expression)
  ] @binding.value)
