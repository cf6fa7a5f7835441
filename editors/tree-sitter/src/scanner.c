/* What the grammar alone cannot read: the end of a statement, and quoted literals.
 *
 * A line end closes a statement unless the next token can only go on what the line before began; the parser asks for it
 * only where something can end, so round and square brackets and trailing operators need no care here. The rule is that of
 * `lang/syntax/src/layout/lines.rs`.
 *
 * Literals nest in holes of literals, so the scanner keeps a stack of what is open, one byte a literal.
 */

#include "tree_sitter/parser.h"

#include <stdlib.h>
#include <string.h>

enum TokenType {
  LINE_END,
  STRING_START,
  SCRIPT_START,
  STRING_CONTENT,
  SCRIPT_CONTENT,
  ESCAPE_SEQUENCE,
  STRING_END,
  ERROR_SENTINEL,
};

enum { TRIPLE = 1, SCRIPT = 2 };
enum { MAX_OPEN = 64 };

typedef struct {
  uint8_t open[MAX_OPEN];
  uint8_t count;
} Scanner;

void *tree_sitter_pipe_external_scanner_create(void) { return calloc(1, sizeof(Scanner)); }

void tree_sitter_pipe_external_scanner_destroy(void *payload) { free(payload); }

unsigned tree_sitter_pipe_external_scanner_serialize(void *payload, char *buffer) {
  Scanner *scanner = payload;
  memcpy(buffer, scanner->open, scanner->count);
  return scanner->count;
}

void tree_sitter_pipe_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {
  Scanner *scanner = payload;
  scanner->count = length > MAX_OPEN ? MAX_OPEN : (uint8_t)length;
  if (length > 0) memcpy(scanner->open, buffer, scanner->count);
}

static void advance(TSLexer *lexer) { lexer->advance(lexer, false); }
static void skip(TSLexer *lexer) { lexer->advance(lexer, true); }

static bool is_name(int32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Whether the token ahead can only go on what the line before began. */
static bool goes_on(TSLexer *lexer) {
  switch (lexer->lookahead) {
    case ',': case ':': case '+': case '*': case '/': case '<': case '>': case '=': case '|':
    case '{': case '}': case ')': case ']':
      return true;
    case '.':
      advance(lexer);
      return lexer->lookahead != '.';
    case '!':
      advance(lexer);
      return lexer->lookahead == '=';
    case '&':
      return true;
    case '?':
      advance(lexer);
      return lexer->lookahead == '.' || lexer->lookahead == '?';
    case '-':
      advance(lexer);
      return lexer->lookahead == '>';
    case 'e': case 'i': {
      char word[5] = {0};
      unsigned length = 0;
      while (is_name(lexer->lookahead)) {
        if (length < 4) word[length] = (char)lexer->lookahead;
        if (length < 5) length++;
        advance(lexer);
      }
      return (length == 4 && memcmp(word, "else", 4) == 0) || (length == 2 && memcmp(word, "in", 2) == 0);
    }
    default:
      return false;
  }
}

enum LineEnd { ENDS, GOES_ON, SAME_LINE };

static enum LineEnd line_end(TSLexer *lexer) {
  bool newline = false;
  for (;;) {
    while (lexer->lookahead == ' ' || lexer->lookahead == '\t' || lexer->lookahead == '\r' ||
           lexer->lookahead == 0xFEFF) {
      skip(lexer);
    }
    if (lexer->lookahead == '\n') {
      newline = true;
      skip(lexer);
    } else if (lexer->lookahead == '#') {
      /* The token ends before the comment, which the parser then reads. */
      if (!newline) lexer->mark_end(lexer);
      while (lexer->lookahead != '\n' && !lexer->eof(lexer)) advance(lexer);
      while (lexer->lookahead == ' ' || lexer->lookahead == '\t' || lexer->lookahead == '\r' ||
             lexer->lookahead == '\n' || lexer->lookahead == '#') {
        if (lexer->lookahead == '#') {
          while (lexer->lookahead != '\n' && !lexer->eof(lexer)) advance(lexer);
        } else {
          advance(lexer);
        }
      }
      lexer->result_symbol = LINE_END;
      return lexer->eof(lexer) || !goes_on(lexer) ? ENDS : GOES_ON;
    } else {
      break;
    }
    if (newline) lexer->mark_end(lexer);
  }
  lexer->result_symbol = LINE_END;
  if (lexer->eof(lexer)) return ENDS;
  if (!newline) return SAME_LINE;
  return goes_on(lexer) ? GOES_ON : ENDS;
}

static bool quotes(TSLexer *lexer, Scanner *scanner, bool script) {
  if (lexer->lookahead != '"' || scanner->count == MAX_OPEN) return false;
  advance(lexer);
  lexer->mark_end(lexer);
  bool triple = false;
  if (lexer->lookahead == '"') {
    advance(lexer);
    if (lexer->lookahead == '"') {
      advance(lexer);
      lexer->mark_end(lexer);
      triple = true;
    }
  }
  scanner->open[scanner->count++] = (uint8_t)((triple ? TRIPLE : 0) | (script ? SCRIPT : 0));
  lexer->result_symbol = script ? SCRIPT_START : STRING_START;
  return true;
}

static bool script_start(TSLexer *lexer, Scanner *scanner) {
  if (lexer->lookahead == 'b') {
    advance(lexer);
    if (lexer->lookahead != 'a') return false;
    advance(lexer);
  }
  if (lexer->lookahead != 's') return false;
  advance(lexer);
  if (lexer->lookahead != 'h') return false;
  advance(lexer);
  return quotes(lexer, scanner, true);
}

/* The quotes ahead, at most six. If they close the literal, the token ends behind them; of six the first three close it. */
static unsigned quote_run(TSLexer *lexer, bool closes) {
  unsigned run = 0;
  while (lexer->lookahead == '"' && run < 6) {
    advance(lexer);
    run++;
    if (closes && run == 3) lexer->mark_end(lexer);
  }
  /* Of four or five the last three close it; the others belong to its text, which a token cannot be told apart from here. */
  if (closes && run > 3 && run < 6) lexer->mark_end(lexer);
  return run;
}

/* A literal's text up to an escape, a hole or its end; or one of the first and the last. */
static bool literal(TSLexer *lexer, Scanner *scanner) {
  uint8_t kind = scanner->open[scanner->count - 1];
  bool triple = kind & TRIPLE, script = kind & SCRIPT, text = false;
  lexer->result_symbol = script ? SCRIPT_CONTENT : STRING_CONTENT;
  for (;;) {
    lexer->mark_end(lexer);
    if (lexer->eof(lexer)) return text;
    int32_t c = lexer->lookahead;
    if (c == '\n' && !triple) return text;
    if (c == '"') {
      if (!triple) {
        if (text) return true;
        advance(lexer);
        lexer->mark_end(lexer);
        scanner->count--;
        lexer->result_symbol = STRING_END;
        return true;
      }
      unsigned run = quote_run(lexer, !text);
      if (run >= 3) {
        if (text) return true;
        scanner->count--;
        lexer->result_symbol = STRING_END;
        return true;
      }
      text = true;
      continue;
    }
    if (c == '$') {
      advance(lexer);
      if (script) {
        if (lexer->lookahead == '$') {
          advance(lexer);
          if (lexer->lookahead == '{') {
            advance(lexer);
            if (lexer->lookahead == '{') {
              if (text) return true;
              advance(lexer);
              lexer->mark_end(lexer);
              lexer->result_symbol = ESCAPE_SEQUENCE;
              return true;
            }
          }
        } else if (lexer->lookahead == '{') {
          advance(lexer);
          if (lexer->lookahead == '{') return text;
        }
      } else if (lexer->lookahead == '{') {
        return text;
      }
      text = true;
      continue;
    }
    if (c == '\\' && !script) {
      if (text) return true;
      advance(lexer);
      if (lexer->lookahead != '\n' && !lexer->eof(lexer)) advance(lexer);
      lexer->mark_end(lexer);
      lexer->result_symbol = ESCAPE_SEQUENCE;
      return true;
    }
    if (c == '\\' && !triple) {
      unsigned run = 0;
      while (lexer->lookahead == '\\') {
        advance(lexer);
        run++;
      }
      if (lexer->lookahead == '"' && run % 2 == 1) advance(lexer);
      text = true;
      continue;
    }
    advance(lexer);
    text = true;
  }
}

bool tree_sitter_pipe_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid) {
  Scanner *scanner = payload;
  if (valid[ERROR_SENTINEL]) return false;
  if ((valid[STRING_CONTENT] || valid[SCRIPT_CONTENT] || valid[STRING_END]) && scanner->count > 0) {
    return literal(lexer, scanner);
  }
  if (valid[LINE_END]) {
    enum LineEnd end = line_end(lexer);
    if (end != SAME_LINE) return end == ENDS;
  }
  if (valid[STRING_START] || valid[SCRIPT_START]) {
    while (lexer->lookahead == ' ' || lexer->lookahead == '\t' || lexer->lookahead == '\r' ||
           lexer->lookahead == '\n') {
      skip(lexer);
    }
    if (valid[STRING_START] && lexer->lookahead == '"') return quotes(lexer, scanner, false);
    if (valid[SCRIPT_START]) return script_start(lexer, scanner);
  }
  return false;
}
