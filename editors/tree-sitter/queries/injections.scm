; The text of a script is the shell's; what is inserted is not.
((script (script_content) @injection.content)
  (#set! injection.language "bash")
  (#set! injection.combined))

((doc_comment) @injection.content
  (#set! injection.language "markdown_inline")
  (#offset! @injection.content 0 2 0 0))

((comment) @injection.content
  (#set! injection.language "comment"))
