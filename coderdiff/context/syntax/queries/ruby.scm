; Ruby. The captures are explained at the top of coderdiff/context/syntax/reader.py.

; definitions

(module name: (_) @name body: (_) @body) @definition.module
(module name: (_) @name "end" @body) @definition.module
(class name: (_) @name superclass: (_)? @bases body: (_) @body) @definition.class
(class name: (_) @name superclass: (_)? @bases "end" @body) @definition.class
(method name: (_) @name body: (_) @body) @definition.function
(method name: (_) @name "end" @body) @definition.function
(singleton_method name: (_) @name body: (_) @body) @definition.function
(singleton_method name: (_) @name "end" @body) @definition.function
(assignment
  left: (constant) @name
  right: (call
    receiver: (constant) @_made
    method: (identifier) @_new
    block: (_) @body)
  (#word? @_made "Struct" "Class" "Data" "Module")
  (#word? @_new "new" "define")) @definition.class
(assignment left: (constant) @name) @definition.variable
(assignment left: (identifier) @name) @definition.variable
(assignment left: (global_variable) @name) @definition.variable
(assignment left: (instance_variable) @name) @definition.field
(operator_assignment left: (instance_variable) @name) @definition.field
(assignment left: (class_variable) @name) @definition.field
(call
  method: (identifier) @_macro
  arguments: (argument_list (simple_symbol) @name)
  (#word? @_macro
    "attr_accessor" "attr_reader" "attr_writer" "attribute" "has_many" "has_one" "belongs_to" "scope"
    "property" "field")) @definition.field
(alias name: (identifier) @name) @definition.function
(call
  method: (identifier) @_alias
  arguments: (argument_list . (simple_symbol) @name)
  (#word? @_alias "alias_method" "define_method")) @definition.function

(_
  name: [(constant) (scope_resolution)] @name
  body: (body_statement
    (call
      !receiver
      method: (identifier) @_include
      arguments: (argument_list [(constant) (scope_resolution)] @inherits)))
  (#word? @_include "include" "extend" "prepend"))

; names that are local to a function

(method_parameters (identifier) @local)
(block_parameters (identifier) @local)
(lambda_parameters (identifier) @local)
(optional_parameter name: (identifier) @local)
(splat_parameter name: (identifier) @local)
(keyword_parameter name: (identifier) @local)
(hash_splat_parameter name: (identifier) @local)
(block_parameter name: (identifier) @local)
(left_assignment_list (identifier) @local)
(rest_assignment (identifier) @local)
(exception_variable (identifier) @local)
(operator_assignment left: (identifier) @local)
(destructured_parameter (identifier) @local)
(for pattern: (identifier) @local)

; references

(call !receiver method: [(identifier) (constant)] @reference.call)
(call receiver: (_) @receiver method: [(identifier) (constant)] @reference.call)
(scope_resolution scope: (_) @receiver name: (constant) @reference.attribute)
(superclass (constant) @reference.type)
(instance_variable) @reference.attribute
(class_variable) @reference.attribute
(constant) @reference.name
(identifier) @reference.name
(setter name: (identifier) @reference.none)

; imports

(call
  !receiver
  method: (identifier) @_require
  arguments: (argument_list (string (string_content) @import.module) .)
  (#word? @_require "require" "require_relative" "load" "autoload")
  (#set! import.name "*"))

; bindings

(assignment
  left: [(identifier) (instance_variable) (constant)] @binding.target
  right: (call receiver: (_) @binding.made method: (identifier) @_new (#word? @_new "new")))
(operator_assignment
  left: [(identifier) (instance_variable)] @binding.target
  right: (call receiver: (_) @binding.made method: (identifier) @_new (#word? @_new "new")))
(assignment
  left: [(identifier) (instance_variable) (constant)] @binding.target
  right: (call method: (identifier) @_made (#not-word? @_made "new")) @binding.made)
(assignment left: (instance_variable) @binding.target right: (identifier) @binding.from)
(keyword_parameter
  name: (identifier) @binding.target
  value: (call receiver: (_) @binding.made method: (identifier) @_new (#word? @_new "new")))
(optional_parameter
  name: (identifier) @binding.target
  value: (call receiver: (_) @binding.made method: (identifier) @_new (#word? @_new "new")))

; what names get, in the open document

(assignment
  left: [(identifier) (instance_variable)] @binding.target
  right: [(identifier) (instance_variable) (binary)] @binding.value)
(operator_assignment left: (identifier) @binding.target right: (instance_variable) @binding.value)
