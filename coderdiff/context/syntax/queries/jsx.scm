; Elements in JavaScript and TSX: a component is called, an HTML tag (in lower case) is not ours.

((jsx_opening_element name: (identifier) @reference.call) (#upper? @reference.call))
((jsx_self_closing_element name: (identifier) @reference.call) (#upper? @reference.call))
(jsx_opening_element
  name: (member_expression object: (_) @receiver property: (property_identifier) @reference.call))
(jsx_self_closing_element
  name: (member_expression object: (_) @receiver property: (property_identifier) @reference.call))
((jsx_opening_element name: (identifier) @reference.none) (#lower? @reference.none))
((jsx_self_closing_element name: (identifier) @reference.none) (#lower? @reference.none))
(jsx_closing_element name: (identifier) @reference.none)
(jsx_closing_element name: (member_expression object: (_) @reference.none))
(jsx_closing_element name: (member_expression property: (_) @reference.none))
