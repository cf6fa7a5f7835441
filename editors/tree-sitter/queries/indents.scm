[
  (block)
  (field_list)
  (variant_list)
  (match_arms)
  (parameters)
  (arguments)
  (list)
  (map)
  (comprehension)
] @indent.begin

["}" ")" "]"] @indent.branch @indent.end
