(function_item name: (identifier) @name) @item
(action_item name: (identifier) @name) @item
(param_item name: (identifier) @name) @item
(let_item name: (identifier) @name) @item
(record_item name: (type_identifier) @name) @item
(enum_item name: (type_identifier) @name) @item
(test_item title: (string) @name) @item
