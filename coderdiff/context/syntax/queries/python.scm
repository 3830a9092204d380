; Python. The captures are explained at the top of coderdiff/context/syntax/reader.py.

; definitions

(decorated_definition
  definition: (class_definition
    name: (identifier) @name
    superclasses: (argument_list)? @bases
    body: (_) @body) @head) @definition.class

(class_definition
  name: (identifier) @name
  superclasses: (argument_list)? @bases
  body: (_) @body) @definition.class

(decorated_definition
  definition: (function_definition
    name: (identifier) @name
    return_type: (_)? @type
    body: (_) @body) @head) @definition.function

(function_definition
  name: (identifier) @name
  return_type: (_)? @type
  body: (_) @body) @definition.function

(type_alias_statement
  left: (type [
    (identifier) @name
    (generic_type . (identifier) @name)
  ])) @definition.type

(assignment
  left: (identifier) @name
  type: (_)? @type) @definition.variable

(assignment
  left: [(pattern_list (identifier) @name) (tuple_pattern (identifier) @name)]) @definition.variable

(assignment
  left: (attribute
    object: (identifier) @_self
    attribute: (identifier) @name)
  type: (_)? @type
  (#word? @_self "self" "cls")) @definition.field

; names that are local to a function

(parameters (identifier) @local)
(lambda_parameters (identifier) @local)
(default_parameter name: (identifier) @local)
(typed_parameter . (identifier) @local)
(typed_default_parameter name: (identifier) @local)
(list_splat_pattern (identifier) @local)
(dictionary_splat_pattern (identifier) @local)
(for_statement left: [(identifier) @local (pattern_list (identifier) @local) (tuple_pattern (identifier) @local)])
(for_in_clause left: [(identifier) @local (pattern_list (identifier) @local) (tuple_pattern (identifier) @local)])
(as_pattern_target [(identifier) @local (tuple (identifier) @local)])
(named_expression name: (identifier) @local)

; references

(call function: (identifier) @reference.call)
(call function: (attribute object: (_) @receiver attribute: (identifier) @reference.call))
(attribute object: (_) @receiver attribute: (identifier) @reference.attribute)
(type (identifier) @reference.type)
(type (attribute object: (_) @receiver attribute: (identifier) @reference.type))
(generic_type . (identifier) @reference.type)
(type (binary_operator (identifier) @reference.type))
(argument_list (identifier) @reference.name)
(keyword_argument value: (identifier) @reference.name)
(default_parameter value: (identifier) @reference.name)
(typed_default_parameter value: (identifier) @reference.name)
(assignment right: (identifier) @reference.name)
(return_statement (identifier) @reference.name)
(raise_statement (identifier) @reference.name)
(except_clause value: [(identifier) @reference.name (tuple (identifier) @reference.name)])
(as_pattern . (identifier) @reference.name)
(decorator (identifier) @reference.name)
(list (identifier) @reference.name)
(tuple (identifier) @reference.name)
(set (identifier) @reference.name)
(pair value: (identifier) @reference.name)
(subscript value: (identifier) @reference.name)
(comparison_operator (identifier) @reference.name)
(binary_operator (identifier) @reference.name)
(boolean_operator (identifier) @reference.name)
(for_statement right: (identifier) @reference.name)
(for_in_clause right: (identifier) @reference.name)
(conditional_expression (identifier) @reference.name)
(expression_list (identifier) @reference.name)
(class_pattern (dotted_name (identifier) @reference.name))

; imports

(import_statement name: (dotted_name) @import.module)
(import_statement
  name: (aliased_import name: (dotted_name) @import.module alias: (identifier) @import.alias))
(import_from_statement module_name: (_) @import.module name: (dotted_name) @import.name)
(import_from_statement
  module_name: (_) @import.module
  name: (aliased_import name: (dotted_name) @import.name alias: (identifier) @import.alias))
(import_from_statement module_name: (_) @import.module (wildcard_import) @import.name)

; bindings

(typed_parameter [
    (identifier) @binding.target
    (list_splat_pattern (identifier) @binding.target)
    (dictionary_splat_pattern (identifier) @binding.target)
  ]
  type: (_) @binding.type)
(typed_default_parameter name: (identifier) @binding.target type: (_) @binding.type)
(assignment left: [(identifier) (attribute)] @binding.target type: (_) @binding.type)
(assignment
  left: [(identifier) (attribute)] @binding.target
  right: [
    (call function: [(identifier) (attribute)] @binding.made)
    (await (call function: [(identifier) (attribute)] @binding.made))
  ])
(assignment
  left: [(identifier) (attribute)] @binding.target
  right: (identifier) @binding.from)
(assignment
  left: (attribute) @binding.target
  right: [
    (attribute) (boolean_operator) (conditional_expression) (list . (_)) (list_comprehension)
    (dictionary_comprehension)
  ] @binding.given)
(named_expression
  name: (identifier) @binding.target
  value: (call function: [(identifier) (attribute)] @binding.made))
(with_item
  value: (as_pattern
    (call function: [(identifier) (attribute)] @binding.made)
    alias: (as_pattern_target (identifier) @binding.target)))
(except_clause
  value: (as_pattern
    [(identifier) (attribute)] @binding.type
    alias: (as_pattern_target (identifier) @binding.target)))

; what names get, in the open document

(assignment
  left: (_) @binding.target
  right: [
    (identifier) (attribute) (subscript) (call) (await) (boolean_operator) (conditional_expression)
    (parenthesized_expression) (list . (_)) (tuple . (_)) (set) (dictionary . (_)) (expression_list) (assignment)
    (list_comprehension) (set_comprehension) (dictionary_comprehension) (generator_expression)
  ] @binding.value)
(named_expression
  name: (identifier) @binding.target
  value: [
    (identifier) (attribute) (subscript) (call) (await) (boolean_operator) (conditional_expression)
    (parenthesized_expression)
  ] @binding.value)
(for_statement left: (_) @binding.target right: (_) @binding.each)
(_ (for_in_clause left: (_) @binding.target right: (_) @binding.each)) @binding.within
(with_item value: (as_pattern (_) @binding.entered alias: (as_pattern_target (_) @binding.target)))
(except_clause value: (as_pattern (tuple) @binding.said alias: (as_pattern_target (identifier) @binding.target)))
(case_pattern
  (as_pattern
    (case_pattern (class_pattern (dotted_name) @binding.said))
    (identifier) @binding.target))
(typed_parameter (list_splat_pattern (identifier) @binding.target) type: (_) @binding.many)
(call
  function: (identifier) @_is
  arguments: (argument_list . (identifier) @binding.target . (_) @binding.narrowed .)
  (#word? @_is "isinstance")) @binding.check
