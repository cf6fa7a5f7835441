(identifier) @local.reference
(type_identifier) @local.reference

(function_item) @local.scope
(action_item) @local.scope
(test_item) @local.scope
(block) @local.scope
(lambda) @local.scope
(comprehension) @local.scope
(match_arm) @local.scope

(function_item name: (identifier) @local.definition.function)
(action_item name: (identifier) @local.definition.function)
(param_item name: (identifier) @local.definition.var)
(let_item name: (identifier) @local.definition.var)
(parameter name: (identifier) @local.definition.parameter)
(binder) @local.definition.var
(binding_pattern) @local.definition.var
(record_item name: (type_identifier) @local.definition.type)
(enum_item name: (type_identifier) @local.definition.type)
