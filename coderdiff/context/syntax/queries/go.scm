; Go. The captures are explained at the top of coderdiff/context/syntax/reader.py.

; definitions

(function_declaration name: (identifier) @name result: (_)? @type body: (_) @body) @definition.function
(function_declaration name: (identifier) @name result: (_)? @type) @definition.function
(method_declaration
  receiver: (parameter_list
    (parameter_declaration
      type: [
        (type_identifier) @within
        (pointer_type (type_identifier) @within)
        (generic_type type: (type_identifier) @within)
        (pointer_type (generic_type type: (type_identifier) @within))
      ]))
  name: (field_identifier) @name
  result: (_)? @type
  body: (_) @body) @definition.function

(type_spec name: (_) @name type: (struct_type (field_declaration_list) @body)) @definition.class
(type_spec name: (_) @name type: (interface_type "{" @body)) @definition.interface
(type_spec name: (_) @name) @definition.type
(type_alias name: (_) @name) @definition.type
(type_declaration . (type_spec name: (_) @name type: (struct_type (field_declaration_list) @body)) @definition.class .) @head
(type_declaration . (type_spec name: (_) @name type: (interface_type "{" @body)) @definition.interface .) @head
(type_declaration . (type_spec name: (_) @name) @definition.type .) @head
(method_elem name: (_) @name result: (_)? @type) @definition.function
(field_declaration name: (_) @name type: (_) @type) @definition.field
(const_spec name: (identifier) @name type: (_)? @type) @definition.variable
(var_spec name: (identifier) @name type: (_)? @type) @definition.variable
(const_declaration . (const_spec name: (identifier) @name type: (_)? @type) @definition.variable .) @head
(var_declaration . (var_spec name: (identifier) @name type: (_)? @type) @definition.variable .) @head

(type_spec
  name: (_) @name
  type: (struct_type (field_declaration_list (field_declaration !name type: (_) @inherits))))
(type_spec name: (_) @name type: (interface_type (type_elem . (_) @inherits .)))

; names that are local to a function

(parameter_declaration name: (identifier) @local)
(variadic_parameter_declaration name: (identifier) @local)
(type_parameter_declaration name: (identifier) @local)
(short_var_declaration left: (expression_list (identifier) @local))
(range_clause left: (expression_list (identifier) @local))
(receive_statement left: (expression_list (identifier) @local))
(type_switch_statement alias: (expression_list (identifier) @local))

; references

(call_expression function: (identifier) @reference.call)
(call_expression
  function: (selector_expression operand: (_) @receiver field: (field_identifier) @reference.call))
(selector_expression operand: (_) @receiver field: (field_identifier) @reference.attribute)
(qualified_type package: (_) @receiver name: (type_identifier) @reference.type)
(type_identifier) @reference.type
(identifier) @reference.name

; imports

(import_spec !name path: (_ (_) @import.module))
(import_spec name: (package_identifier) @import.alias path: (_ (_) @import.module))
(import_spec name: (blank_identifier) @import.alias path: (_ (_) @import.module))
(import_spec name: (dot) path: (_ (_) @import.module) (#set! import.name "*"))

; bindings

(parameter_declaration name: (identifier) @binding.target type: (_) @binding.type)
(variadic_parameter_declaration name: (identifier) @binding.target type: (_) @binding.type)
(var_spec name: (identifier) @binding.target type: (_) @binding.type)
(var_spec
  name: (identifier) @binding.target
  value: (expression_list . [
    (call_expression function: [(identifier) (selector_expression)] @binding.made)
    (composite_literal type: (_) @binding.type)
    (unary_expression operand: (composite_literal type: (_) @binding.type))
  ] .))
(short_var_declaration
  left: (expression_list . (identifier) @binding.target)
  right: (expression_list . [
    (call_expression function: [(identifier) (selector_expression)] @binding.made)
    (composite_literal type: (_) @binding.type)
    (unary_expression operand: (composite_literal type: (_) @binding.type))
    (type_assertion_expression type: (_) @binding.type)
  ]))
(short_var_declaration
  left: (expression_list . (identifier) @binding.target .)
  right: (expression_list . (identifier) @binding.from .))
(assignment_statement
  left: (expression_list . [(identifier) (selector_expression)] @binding.target)
  right: (expression_list . [
    (call_expression function: [(identifier) (selector_expression)] @binding.made)
    (composite_literal type: (_) @binding.type)
    (unary_expression operand: (composite_literal type: (_) @binding.type))
  ]))

; what names get, in the open document

(variadic_parameter_declaration name: (identifier) @binding.target type: (_) @binding.many)
(range_clause left: (_) @binding.target right: (_) @binding.pairs)
(var_spec name: (identifier) @binding.target value: (expression_list . (_) @binding.value .))
(short_var_declaration
  left: (expression_list . (_) @binding.target .)
  right: (expression_list . [
    (selector_expression) (index_expression) (slice_expression) (unary_expression) (call_expression)
    (identifier) (parenthesized_expression)
  ] @binding.value .))
(short_var_declaration
  left: (expression_list . (_) @binding.target . (_) .)
  right: (expression_list . (index_expression) @binding.value .))
(short_var_declaration
  left: (expression_list (_) . (_)) @binding.target
  right: (expression_list . (call_expression) @binding.value .))
(short_var_declaration
  left: (expression_list (_) . (_)) @binding.target
  right: (expression_list (_) . (_)) @binding.value)
(assignment_statement
  left: (expression_list . (_) @binding.target .)
  operator: "="
  right: (expression_list . [
    (selector_expression) (index_expression) (slice_expression) (unary_expression) (call_expression)
    (identifier) (parenthesized_expression)
  ] @binding.value .))
(assignment_statement
  left: (expression_list (_) . (_)) @binding.target
  operator: "="
  right: (expression_list . (call_expression) @binding.value .))
(type_switch_statement
  alias: (expression_list . (identifier) @binding.target .)
  (type_case . type: (_) @binding.said . ":") @binding.within)
