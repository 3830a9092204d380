; C#. The captures are explained at the top of coderdiff/context/syntax/reader.py.
; A namespace without braces is no scope, like Java's package.

; definitions

(namespace_declaration name: (_) @name body: (_) @body) @definition.module
(class_declaration name: (_) @name (base_list)? @bases body: (_)? @body) @definition.class
(struct_declaration name: (_) @name (base_list)? @bases body: (_)? @body) @definition.class
(record_declaration name: (_) @name (base_list)? @bases body: (_)? @body) @definition.class
(interface_declaration name: (_) @name (base_list)? @bases body: (_) @body) @definition.interface
(enum_declaration name: (_) @name body: (_) @body) @definition.enum
(enum_member_declaration name: (_) @name) @definition.field
(delegate_declaration type: (_) @type name: (_) @name) @definition.type
(method_declaration returns: (_) @type name: (_) @name body: (_)? @body) @definition.function
(local_function_statement type: (_) @type name: (_) @name body: (_) @body) @definition.function
(constructor_declaration name: (_) @name (constructor_initializer) @body) @definition.function
(constructor_declaration name: (_) @name body: (_) @body) @definition.function
(property_declaration type: (_) @type name: (_) @name) @definition.field
(event_declaration type: (_) @type name: (_) @name) @definition.field
(field_declaration (variable_declaration type: (_) @type (variable_declarator name: (_) @name))) @definition.field
(event_field_declaration
  (variable_declaration type: (_) @type (variable_declarator name: (_) @name))) @definition.field
(record_declaration (parameter_list (parameter type: (_) @type name: (_) @name) @definition.field))

; names that are local to a function

(parameter name: (identifier) @local)
(parameter_list name: (identifier) @local)
(implicit_parameter) @local
(local_declaration_statement (variable_declaration (variable_declarator name: (identifier) @local)))
(using_statement (variable_declaration (variable_declarator name: (identifier) @local)))
(for_statement (variable_declaration (variable_declarator name: (identifier) @local)))
(foreach_statement left: (identifier) @local)
(catch_declaration name: (identifier) @local)
(declaration_expression name: (identifier) @local)
(declaration_pattern name: (identifier) @local)
(recursive_pattern name: (identifier) @local)
(tuple_pattern name: (identifier) @local)
(from_clause name: (identifier) @local)
(type_parameter name: (identifier) @local)

; references

(invocation_expression function: (identifier) @reference.call)
(invocation_expression function: (generic_name . (identifier) @reference.call))
(invocation_expression
  function: (member_access_expression expression: _ @receiver name: (identifier) @reference.call))
(invocation_expression
  function: (member_access_expression
    expression: _ @receiver
    name: (generic_name . (identifier) @reference.call)))
(invocation_expression
  function: (conditional_access_expression
    condition: _ @receiver
    (member_binding_expression name: (identifier) @reference.call)))
(object_creation_expression type: (identifier) @reference.call)
(object_creation_expression type: (generic_name . (identifier) @reference.call))
(object_creation_expression
  type: (qualified_name qualifier: (_) @receiver name: (identifier) @reference.call))
(member_access_expression expression: _ @receiver name: (identifier) @reference.attribute)
(conditional_access_expression
  condition: _ @receiver
  (member_binding_expression name: (identifier) @reference.attribute))
(member_access_expression expression: _ @receiver name: (generic_name . (identifier) @reference.attribute))
(subpattern . (identifier) @reference.attribute)
(_ type: (identifier) @reference.type)
(_ returns: (identifier) @reference.type)
(generic_name . (identifier) @reference.type)
(type_argument_list (identifier) @reference.type)
(base_list (identifier) @reference.type)
(qualified_name qualifier: (_) @receiver name: (identifier) @reference.type)
(attribute name: (identifier) @reference.type)
(as_expression right: (identifier) @reference.type)
(typeof_expression (identifier) @reference.type)
(attribute_argument name: (identifier) @reference.none)
(namespace_declaration name: (identifier) @reference.none)
(file_scoped_namespace_declaration name: (identifier) @reference.none)
(file_scoped_namespace_declaration name: (qualified_name name: (identifier) @reference.none))
(file_scoped_namespace_declaration name: (qualified_name qualifier: (identifier) @reference.none))
(identifier) @reference.name

; imports

(using_directive !name [(identifier) (qualified_name)] @import.module (#set! import.name "*"))
(using_directive name: (identifier) @import.alias "=" (_) @import.module)

; bindings

(parameter type: (_) @binding.type name: (identifier) @binding.target)
(property_declaration type: (_) @binding.type name: (identifier) @binding.target)
(foreach_statement type: (_) @binding.type left: (identifier) @binding.target)
(catch_declaration type: (_) @binding.type name: (identifier) @binding.target)
(declaration_pattern type: (_) @binding.type name: (identifier) @binding.target)
(declaration_expression type: (_) @binding.type name: (identifier) @binding.target)
(variable_declaration
  type: (_) @binding.type
  (variable_declarator name: (identifier) @binding.target))
(variable_declarator
  name: (identifier) @binding.target
  [
    (object_creation_expression type: (_) @binding.made)
    (invocation_expression function: [(identifier) (member_access_expression)] @binding.made)
    (await_expression
      (invocation_expression function: [(identifier) (member_access_expression)] @binding.made))
    (cast_expression type: (_) @binding.type)
    (as_expression right: (_) @binding.type)
  ])
(assignment_expression
  left: [(identifier) (member_access_expression)] @binding.target
  right: [
    (object_creation_expression type: (_) @binding.made)
    (invocation_expression function: [(identifier) (member_access_expression)] @binding.made)
    (identifier) @binding.from
  ])

; what names get, in the open document

(foreach_statement left: (_) @binding.target right: (_) @binding.each)
(variable_declarator
  name: (identifier) @binding.target
  [
    (identifier) (member_access_expression) (element_access_expression) (conditional_expression)
    (binary_expression) (parenthesized_expression) (conditional_access_expression)
  ] @binding.value)
(variable_declarator
  . (tuple_pattern) @binding.target
  [(identifier) (member_access_expression) (invocation_expression) (element_access_expression)] @binding.value)
(assignment_expression
  left: [(identifier) (member_access_expression)] @binding.target
  right: [
    (member_access_expression) (element_access_expression) (conditional_expression) (binary_expression)
  ] @binding.value)
(invocation_expression
  function: (member_access_expression expression: (_) @binding.each name: (identifier) @_method)
  arguments: (argument_list
    . (argument (lambda_expression parameters: (implicit_parameter) @binding.target) @binding.within))
  (#word? @_method
    "Select" "Where" "First" "FirstOrDefault" "Single" "SingleOrDefault" "Last" "Any" "All" "OrderBy" "Sum" "Max"
    "OrderByDescending" "ForEach" "SelectMany" "Count" "Find" "GroupBy" "ToDictionary" "TakeWhile" "Min"))
