; JavaScript's own: fields without types, bare parameters. See ecmascript.scm and jsx.scm for the rest.

(field_definition
  property: (_) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.function
(field_definition property: (_) @name) @definition.field
(lexical_declaration (variable_declarator name: (identifier) @name) @definition.variable) @head

(formal_parameters (identifier) @local)

(class_heritage (identifier) @reference.type)

(field_definition
  property: (_) @binding.target
  value: (new_expression constructor: [(identifier) (member_expression)] @binding.made))
(assignment_pattern
  left: (identifier) @binding.target
  right: (new_expression constructor: [(identifier) (member_expression)] @binding.made))

(call_expression
  function: (member_expression object: (_) @binding.each property: (property_identifier) @_method)
  arguments: (arguments
    . (arrow_function
      parameters: (formal_parameters
        . [(identifier) (object_pattern) (array_pattern)] @binding.target)) @binding.within)
  (#word? @_method "forEach" "map" "filter" "find" "findLast" "findIndex" "some" "every" "flatMap"))
