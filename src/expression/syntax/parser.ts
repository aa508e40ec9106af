/**
 * nunjucks' parser with the grammar of our expressions. From loosest to tightest:
 *
 *     a ? b : c    x if a else y
 *     or    and    not    in, not in    is, is not    == != < <= > >=
 *     ~    + -    * / // %    **    ??    -x +x    x | filter    x.y x[y] f(x)
 *
 * What differs from the original: `??` and the ternary; `+ -` and `* / // %` associate to the left as one
 * level each; comparisons chain (`0 < x < 9`); brackets must match; a name may be a keyword after a dot;
 * statements are `if`, `for`, `set` and `raw`; nesting is limited; errors carry offsets.
 */
import nunjucksLexer, { type Token } from 'nunjucks/src/lexer.js';
import nodes, { type BinOp, type Node, type NodeList } from 'nunjucks/src/nodes.js';
import nunjucksParser from 'nunjucks/src/parser.js';
import { expressionLimits } from '../limits.ts';
import type { TemplateLexer } from './lexer.ts';
import { TemplateSyntaxError } from './syntax-error.ts';

export const Coalesce = nodes.BinOp.extend('Coalesce');

const { TOKEN_OPERATOR, TOKEN_SYMBOL } = nunjucksLexer;

const STATEMENTS = new Set(['if', 'for', 'set', 'raw']);
const ENDINGS = new Set(['elif', 'elseif', 'else', 'endif', 'endfor', 'endset', 'endraw']);
const COMPARISONS = new Set(['==', '===', '!=', '!==', '<', '>', '<=', '>=']);

const ADDITIVE = new Map<string, typeof BinOp>([
  ['+', nodes.Add],
  ['-', nodes.Sub],
]);
const MULTIPLICATIVE = new Map<string, typeof BinOp>([
  ['*', nodes.Mul],
  ['/', nodes.Div],
  ['//', nodes.FloorDiv],
  ['%', nodes.Mod],
]);
const POWER = new Map<string, typeof BinOp>([['**', nodes.Pow]]);
const COALESCING = new Map<string, typeof BinOp>([['??', Coalesce]]);

/** The closing bracket, and the node, of each opening one. */
const BRACKETS = new Map<string, { readonly close: string; readonly list: typeof NodeList }>([
  ['(', { close: ')', list: nodes.Group }],
  ['[', { close: ']', list: nodes.Array }],
  ['{', { close: '}', list: nodes.Dict }],
]);

export class TemplateParser extends nunjucksParser.Parser {
  private readonly lexer: TemplateLexer;
  private depth = 0;

  constructor(lexer: TemplateLexer) {
    super(lexer);
    this.lexer = lexer;
  }

  override error(message: string, _lineno?: number, colno?: number): TemplateSyntaxError {
    const start = colno ?? this.peeked?.colno ?? this.lexer.index;
    const span = { start, end: Math.max(start + 1, this.lexer.index) };
    // The original names its own methods in some messages.
    const said = message.replace(/^parse\w+: /, '').replace('variable end', '`>>`');
    return new TemplateSyntaxError(said.replace('block end', '`%>`'), span);
  }

  override parseStatement(): Node | null {
    const tag = this.peekToken();
    const name = tag?.type === TOKEN_SYMBOL ? tag.value : undefined;
    const expected = name !== undefined && this.breakOnBlocks?.includes(name);
    if (name !== undefined && !expected && !STATEMENTS.has(name)) {
      const message = ENDINGS.has(name)
        ? `\`${name}\` belongs to nothing here`
        : `there is no statement \`${name}\`: templates have \`if\`, \`for\`, \`set\` and \`raw\``;
      throw this.error(message, 0, tag?.colno);
    }
    return this.nested(() => super.parseStatement());
  }

  override parseIf(): Node {
    return this.nested(() => super.parseIf());
  }

  override parseRaw(): Node {
    const begun = this.advanceAfterBlockEnd();
    const raw = this.lexer.takeRaw();
    let text = begun.value.startsWith('-') ? raw.text.trimStart() : raw.text;
    if (raw.trimsBefore) text = text.trimEnd();
    this.dropLeadingWhitespace = raw.trimsAfter;
    const data = new nodes.TemplateData(0, begun.colno, text);
    return new nodes.Output(0, begun.colno, [data]);
  }

  override parseInlineIf(): Node {
    return this.nested(() => {
      const node = this.parseOr();
      if (this.skipValue(TOKEN_OPERATOR, '?')) {
        const then = this.parseInlineIf();
        this.expect(nunjucksLexer.TOKEN_COLON);
        return new nodes.InlineIf(0, node.colno, node, then, this.parseInlineIf());
      }
      if (!this.skipSymbol('if')) return node;
      const condition = this.parseOr();
      if (!this.skipSymbol('else')) throw this.error('`x if condition` needs an `else`');
      return new nodes.InlineIf(0, node.colno, condition, node, this.parseInlineIf());
    });
  }

  override parseNot(): Node {
    return this.nested(() => super.parseNot());
  }

  override parseIs(): Node {
    let node = this.parseCompare();
    while (this.skipSymbol('is')) {
      const negated = this.skipSymbol('not');
      const name = this.takeName('a test, as in `is defined`');
      const args =
        this.peekToken()?.type === nunjucksLexer.TOKEN_LEFT_PAREN
          ? this.parseSignature()
          : new nodes.NodeList(0, name.colno);
      const test = new nodes.FunCall(0, name.colno, this.symbol(name), args);
      node = new nodes.Is(0, name.colno, node, test);
      if (negated) node = new nodes.Not(0, name.colno, node);
    }
    return node;
  }

  override parseCompare(): Node {
    const first = this.parseConcat();
    const operands: Node[] = [];
    for (;;) {
      const operator = this.peekToken();
      if (operator?.type !== TOKEN_OPERATOR || !COMPARISONS.has(operator.value)) break;
      this.nextToken();
      operands.push(
        new nodes.CompareOperand(0, operator.colno, this.parseConcat(), operator.value),
      );
    }
    return operands.length === 0 ? first : new nodes.Compare(0, first.colno, first, operands);
  }

  override parseAdd(): Node {
    return this.leftToRight(ADDITIVE, () => this.parseMul());
  }

  override parseMul(): Node {
    return this.leftToRight(MULTIPLICATIVE, () => this.parsePow());
  }

  override parsePow(): Node {
    return this.leftToRight(POWER, () => this.leftToRight(COALESCING, () => this.parseUnary()));
  }

  override parseUnary(noFilters?: boolean): Node {
    return this.nested(() => super.parseUnary(noFilters));
  }

  override parseFilter(node: Node): Node {
    let filtered = node;
    while (this.skip(nunjucksLexer.TOKEN_PIPE)) {
      const name = this.takeName('the name of a filter');
      const after = this.peekToken();
      const args =
        after?.type === nunjucksLexer.TOKEN_LEFT_PAREN
          ? this.parseSignature()
          : new nodes.NodeList(0, name.colno);
      args.children.unshift(filtered);
      filtered = new nodes.Filter(0, name.colno, this.symbol(name), args);
      const next = this.peekToken();
      if (next?.value === '.' || next?.value === '[') {
        throw this.error(
          'put brackets round the filter to go on: `(x | first).name`',
          0,
          next.colno,
        );
      }
    }
    return filtered;
  }

  override parsePostfix(node: Node): Node {
    let target = node;
    for (;;) {
      const token = this.peekToken();
      if (token?.type === nunjucksLexer.TOKEN_LEFT_PAREN) {
        target = new nodes.FunCall(0, token.colno, target, this.parseSignature());
      } else if (token?.type === nunjucksLexer.TOKEN_LEFT_BRACKET) {
        const [key, ...more] = this.parseAggregate().children;
        if (key === undefined || more.length > 0) {
          throw this.error('one key or index stands between [ and ]', 0, token.colno);
        }
        target = new nodes.LookupVal(0, token.colno, target, key);
      } else if (token?.type === TOKEN_OPERATOR && token.value === '.') {
        this.nextToken();
        const key = this.takeName('a key after the dot', 'an index is written `list[0]`');
        target = new nodes.LookupVal(
          0,
          key.colno,
          target,
          new nodes.Literal(0, key.colno, key.value),
        );
      } else {
        return target;
      }
    }
  }

  override parseAggregate(): NodeList {
    const open = this.nextToken();
    const bracket = BRACKETS.get(open?.value ?? '');
    if (open === null || bracket === undefined || open.type === nunjucksLexer.TOKEN_STRING) {
      throw this.error(`unexpected ${shown(open)}`, 0, open?.colno);
    }
    const list = new bracket.list(0, open.colno);
    while (!this.skipClose(open, bracket.close)) {
      if (list.children.length > 0) {
        this.expect(nunjucksLexer.TOKEN_COMMA);
        if (this.skipClose(open, bracket.close)) break;
      }
      list.addChild(bracket.close === '}' ? this.parsePair() : this.parseExpression());
    }
    return list;
  }

  override expect(type: string): Token {
    const token = this.nextToken();
    if (token?.type !== type) {
      throw this.error(`expected a ${type}, found ${shown(token)}`, 0, token?.colno);
    }
    return token;
  }

  private parsePair(): Node {
    const key = this.parsePrimary(true);
    this.expect(nunjucksLexer.TOKEN_COLON);
    return new nodes.Pair(0, key.colno, key, this.parseExpression());
  }

  private skipClose(open: Token, close: string): boolean {
    const token = this.peekToken();
    const closes = token?.value !== undefined && [')', ']', '}'].includes(token.value);
    if (!closes || token.type === nunjucksLexer.TOKEN_STRING) return false;
    if (token.value !== close) {
      throw this.error(`\`${open.value}\` is closed by \`${token.value}\``, 0, token.colno);
    }
    this.nextToken();
    return true;
  }

  private leftToRight(operators: ReadonlyMap<string, typeof BinOp>, operand: () => Node): Node {
    let node = operand();
    for (;;) {
      const token = this.peekToken();
      const type = token?.type === TOKEN_OPERATOR ? operators.get(token.value) : undefined;
      if (token === null || type === undefined) return node;
      this.nextToken();
      node = new type(0, token.colno, node, operand());
    }
  }

  /** A name, keywords included. */
  private takeName(what: string, hint?: string): Token {
    const token = this.nextToken();
    const word = token !== null && /^[\p{L}_]/u.test(token.value);
    if (word && token.type !== nunjucksLexer.TOKEN_STRING) return token;
    const { message, span } = this.error(
      `expected ${what}, found ${shown(token)}`,
      0,
      token?.colno,
    );
    throw new TemplateSyntaxError(message, span, hint);
  }

  private symbol(name: Token): Node {
    return new nodes.Symbol(0, name.colno, name.value);
  }

  private nested<Result>(parse: () => Result): Result {
    this.depth += 1;
    // Each level of brackets passes through three of the guarded methods.
    if (this.depth > 3 * expressionLimits.nesting.value) {
      throw this.error(`nested deeper than ${expressionLimits.nesting.value} levels`);
    }
    const result = parse();
    this.depth -= 1;
    return result;
  }
}

function shown(token: Token | null): string {
  if (token === null) return 'the end';
  return `\`${token.value.length > 20 ? `${token.value.slice(0, 20)}…` : token.value}\``;
}
