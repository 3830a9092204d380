; C++'s own. See c.scm for the rest.

(function_definition
  declarator: (_) @name
  (field_initializer_list) @body) @definition.function
(function_definition declarator: (function_declarator) @name) @definition.function
(template_declaration
  (function_definition type: (_)? @type declarator: (_) @name body: (_) @body)) @definition.function
(template_declaration (declaration type: (_)? @type declarator: (_) @name)) @definition.function
(declaration declarator: (function_declarator) @name) @definition.variable
(field_declaration declarator: (function_declarator) @name) @definition.field
(template_declaration
  [
    (class_specifier name: (_) @name (base_class_clause)? @bases body: (_) @body)
    (struct_specifier name: (_) @name (base_class_clause)? @bases body: (_) @body)
  ]) @definition.class
(class_specifier name: (_) @name (base_class_clause)? @bases body: (_) @body) @definition.class
(struct_specifier name: (_) @name (base_class_clause) @bases body: (_) @body) @definition.class
(namespace_definition name: (_) @name body: (_) @body) @definition.module
(alias_declaration name: (_) @name) @definition.type
(concept_definition name: (_) @name) @definition.type

(optional_parameter_declaration declarator: (_) @local)
(variadic_parameter_declaration declarator: (_) @local)
(type_parameter_declaration (type_identifier) @local)
(optional_type_parameter_declaration name: (type_identifier) @local)
(variadic_type_parameter_declaration (type_identifier) @local)
(for_range_loop declarator: (_) @local)
(structured_binding_declarator (identifier) @local)
(lambda_capture_specifier (identifier) @local)

(call_expression
  function: (qualified_identifier scope: (_) @receiver name: (identifier) @reference.call))
(call_expression
  function: (qualified_identifier scope: (_) @receiver name: (template_function name: (identifier) @reference.call)))
(call_expression
  function: (qualified_identifier
    name: (qualified_identifier scope: (_) @receiver name: (identifier) @reference.call)))
(call_expression function: (template_function name: (identifier) @reference.call))
(call_expression
  function: (field_expression
    argument: (_) @receiver
    field: (template_method name: (field_identifier) @reference.call)))
(new_expression type: (type_identifier) @reference.call)
(new_expression type: (template_type name: (type_identifier) @reference.call))
(new_expression
  type: (qualified_identifier scope: (_) @receiver name: (type_identifier) @reference.call))
(qualified_identifier scope: (_) @receiver name: (identifier) @reference.attribute)
(qualified_identifier scope: (_) @receiver name: (type_identifier) @reference.type)
(qualified_identifier scope: (_) @receiver name: (template_type name: (type_identifier) @reference.type))
(field_initializer (field_identifier) @reference.attribute)

(using_declaration "namespace" (_) @import.module (#set! import.name "*"))
(using_declaration . "using" . (qualified_identifier) @import.text)
(namespace_alias_definition
  name: (_) @import.alias
  [(namespace_identifier) (nested_namespace_specifier)] @import.module .)

(optional_parameter_declaration type: (_) @binding.type declarator: (_) @binding.target)
(for_range_loop type: (_) @binding.type declarator: (_) @binding.target)
(field_declaration type: (_) @binding.type declarator: (_) @binding.target)
(declaration
  declarator: (init_declarator
    declarator: (_) @binding.target
    value: [
      (new_expression type: (_) @binding.type)
      (pointer_expression argument: (new_expression type: (_) @binding.type))
    ]))

; what names get, in the open document

(for_range_loop declarator: (_) @binding.target right: (_) @binding.each)
(declaration
  declarator: (init_declarator
    declarator: (_) @binding.target
    value: [
      (identifier) (field_expression) (subscript_expression) (conditional_expression) (pointer_expression)
      (parenthesized_expression)
    ] @binding.value))
(declaration
  declarator: (init_declarator
    declarator: [
      (structured_binding_declarator) (reference_declarator (structured_binding_declarator))
    ] @binding.target
    value: (call_expression) @binding.value))
