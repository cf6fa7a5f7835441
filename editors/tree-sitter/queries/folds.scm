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
  (string)
  (script)
] @fold
