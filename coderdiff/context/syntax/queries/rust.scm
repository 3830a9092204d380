; Rust. The captures are explained at the top of coderdiff/context/syntax/reader.py.

; definitions

(function_item name: (_) @name return_type: (_)? @type body: (_) @body) @definition.function
(function_signature_item name: (_) @name return_type: (_)? @type) @definition.function
(struct_item name: (_) @name body: (field_declaration_list) @body) @definition.class
(struct_item name: (_) @name) @definition.class
(union_item name: (_) @name body: (_) @body) @definition.class
(enum_item name: (_) @name body: (_) @body) @definition.enum
(trait_item name: (_) @name bounds: (_)? @bases body: (_) @body) @definition.interface
(mod_item name: (_) @name body: (_) @body) @definition.module
(type_item name: (_) @name) @definition.type
(associated_type name: (_) @name) @definition.type
(const_item name: (_) @name type: (_) @type) @definition.variable
(static_item name: (_) @name type: (_) @type) @definition.variable
(macro_definition name: (_) @name ["{" "("] @body) @definition.macro
(enum_variant name: (_) @name) @definition.field
(struct_item
  body: (field_declaration_list (field_declaration name: (_) @name type: (_) @type) @definition.field))
(union_item
  body: (field_declaration_list (field_declaration name: (_) @name type: (_) @type) @definition.field))

(impl_item
  type: [
    (type_identifier) @name
    (generic_type type: (type_identifier) @name)
    (scoped_type_identifier name: (type_identifier) @name)
    (generic_type type: (scoped_type_identifier name: (type_identifier) @name))
    (reference_type (type_identifier) @name)
  ]) @scope
(impl_item
  trait: (_) @inherits
  type: [(type_identifier) @name (generic_type type: (type_identifier) @name)])

; names that are local to a function

(let_declaration pattern: (identifier) @local)
(parameter pattern: (identifier) @local)
(closure_parameters (identifier) @local)
(for_expression pattern: (identifier) @local)
(tuple_pattern (identifier) @local)
(tuple_struct_pattern type: (_) (identifier) @local)
(slice_pattern (identifier) @local)
(ref_pattern (identifier) @local)
(mut_pattern (identifier) @local)
(reference_pattern (identifier) @local)
(captured_pattern . (identifier) @local)
(field_pattern name: (shorthand_field_identifier) @local)
(field_pattern pattern: (identifier) @local)
((match_pattern (identifier) @local) (#lower? @local))
(let_condition pattern: (identifier) @local)
(type_parameter name: (type_identifier) @local)
(const_parameter name: (identifier) @local)

; references

(call_expression function: (identifier) @reference.call)
(call_expression function: (field_expression value: (_) @receiver field: (field_identifier) @reference.call))
(call_expression function: (scoped_identifier path: (_) @receiver name: (identifier) @reference.call))
(call_expression function: (generic_function function: (identifier) @reference.call))
(call_expression
  function: (generic_function
    function: (field_expression value: (_) @receiver field: (field_identifier) @reference.call)))
(call_expression
  function: (generic_function
    function: (scoped_identifier path: (_) @receiver name: (identifier) @reference.call)))
(macro_invocation macro: (identifier) @reference.call)
(macro_invocation macro: (scoped_identifier path: (_) @receiver name: (identifier) @reference.call))
(field_expression value: (_) @receiver field: (field_identifier) @reference.attribute)
(scoped_identifier path: (_) @receiver name: (identifier) @reference.attribute)
(scoped_type_identifier path: (_) @receiver name: (type_identifier) @reference.type)
(type_identifier) @reference.type
(field_initializer field: (field_identifier) @reference.attribute)
(identifier) @reference.name
(lifetime (identifier) @reference.none)
(attribute (identifier) @reference.none)

; imports

(use_declaration argument: (_) @import.text)
(extern_crate_declaration name: (identifier) @import.module)
(extern_crate_declaration name: (identifier) @import.module alias: (identifier) @import.alias)
(mod_item name: (identifier) @import.module !body)

; bindings

(parameter pattern: (identifier) @binding.target type: (_) @binding.type)
(let_declaration pattern: (identifier) @binding.target type: (_) @binding.type)
(let_declaration
  pattern: (identifier) @binding.target
  value: [
    (call_expression function: [(identifier) (scoped_identifier) (field_expression)] @binding.made)
    (try_expression
      (call_expression function: [(identifier) (scoped_identifier) (field_expression)] @binding.made))
    (await_expression
      (call_expression function: [(identifier) (scoped_identifier) (field_expression)] @binding.made))
    (try_expression
      (await_expression
        (call_expression function: [(identifier) (scoped_identifier) (field_expression)] @binding.made)))
    (struct_expression name: (_) @binding.type)
    (reference_expression value: (struct_expression name: (_) @binding.type))
    (type_cast_expression type: (_) @binding.type)
  ])
(let_declaration
  pattern: (identifier) @binding.target
  value: [(identifier) @binding.from (reference_expression value: (identifier) @binding.from)])
(assignment_expression
  left: [(identifier) (field_expression)] @binding.target
  right: [
    (call_expression function: [(identifier) (scoped_identifier) (field_expression)] @binding.made)
    (struct_expression name: (_) @binding.type)
  ])

; what names get, in the open document

(for_expression pattern: (_) @binding.target value: (_) @binding.each)
(let_declaration
  pattern: (_) @binding.target
  value: [
    (identifier) (field_expression) (index_expression) (reference_expression) (try_expression) (await_expression)
    (tuple_expression) (unary_expression) (parenthesized_expression)
  ] @binding.value)
(let_declaration pattern: (tuple_pattern) @binding.target value: (call_expression) @binding.value)
(let_declaration
  pattern: (tuple_struct_pattern type: (identifier) @_some . (_) @binding.target .)
  value: (_) @binding.value
  (#word? @_some "Some" "Ok"))
(let_condition
  pattern: (tuple_struct_pattern type: (identifier) @_some . (_) @binding.target .)
  value: (_) @binding.value
  (#word? @_some "Some" "Ok"))
(match_expression
  value: (_) @binding.value
  body: (match_block
    (match_arm
      pattern: (match_pattern
        (tuple_struct_pattern type: (identifier) @_some . (_) @binding.target .))) @binding.within)
  (#word? @_some "Some" "Ok"))
(assignment_expression
  left: [(identifier) (field_expression)] @binding.target
  right: [
    (identifier) (field_expression) (index_expression) (reference_expression) (try_expression) (await_expression)
  ] @binding.value)
(call_expression
  function: (field_expression value: (_) @binding.each field: (field_identifier) @_method)
  arguments: (arguments
    . (closure_expression parameters: (closure_parameters . (_) @binding.target .)) @binding.within)
  (#word? @_method
    "map" "filter" "for_each" "find" "any" "all" "filter_map" "find_map" "flat_map" "position" "inspect" "retain"
    "take_while" "skip_while" "max_by_key" "min_by_key" "partition"))
