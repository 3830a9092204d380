; C, and what C++ has of it. The captures are explained at the top of coderdiff/context/syntax/reader.py.
; A name may be a whole declarator here: coderdiff/context/syntax/declarators.py finds the name in it.

; definitions

(function_definition type: (_) @type declarator: (_) @name body: (_) @body) @definition.function
(declaration type: (_) @type declarator: (_) @name) @definition.variable
(struct_specifier name: (type_identifier) @name body: (_) @body) @definition.class
(union_specifier name: (type_identifier) @name body: (_) @body) @definition.class
(enum_specifier name: (type_identifier) @name body: (_) @body) @definition.enum
(enumerator name: (identifier) @name) @definition.field
(field_declaration type: (_) @type declarator: (_) @name) @definition.field
(type_definition type: (struct_specifier !name body: (_) @body) declarator: (_) @name) @definition.class
(type_definition type: (union_specifier !name body: (_) @body) declarator: (_) @name) @definition.class
(type_definition type: (enum_specifier !name body: (_) @body) declarator: (_) @name) @definition.enum
(type_definition
  type: [
    (struct_specifier name: (_) body: (_) @body)
    (union_specifier name: (_) body: (_) @body)
    (enum_specifier name: (_) body: (_) @body)
  ]
  declarator: (type_identifier) @name @definition.type) @head
(type_definition type: [(type_identifier) (primitive_type) (sized_type_specifier)] declarator: (_) @name) @definition.type
(type_definition type: [(struct_specifier !body) (union_specifier !body) (enum_specifier !body)] declarator: (_) @name) @definition.type
(preproc_def name: (identifier) @name value: (_)) @definition.macro
(preproc_function_def name: (identifier) @name) @definition.macro

; names that are local to a function

(parameter_declaration declarator: (_) @local)
(labeled_statement label: (statement_identifier) @local)

; references

(call_expression function: (identifier) @reference.call)
(call_expression function: (field_expression argument: (_) @receiver field: (field_identifier) @reference.call))
(field_expression argument: (_) @receiver field: (field_identifier) @reference.attribute)
(type_identifier) @reference.type
(field_designator (field_identifier) @reference.attribute)
(identifier) @reference.name
(preproc_params (identifier) @reference.none)
(preproc_ifdef name: (identifier) @reference.none)
(preproc_def name: (identifier) @reference.none)

; imports

(preproc_include path: (string_literal (string_content) @import.module) (#set! import.name "*"))
(preproc_include path: (system_lib_string) @import.module (#set! import.name "*"))

; bindings

(parameter_declaration type: (_) @binding.type declarator: (_) @binding.target)
(declaration type: (_) @binding.type declarator: (_) @binding.target)
(declaration
  declarator: (init_declarator
    declarator: (_) @binding.target
    value: (call_expression function: (_) @binding.made)))
