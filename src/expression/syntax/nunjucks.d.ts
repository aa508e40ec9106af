/**
 * The parts of nunjucks that read a template. Its published types stop at the environment, which we never
 * use: lexer, parser and nodes are described here as far as our subclasses touch them.
 */
declare module 'nunjucks/src/lexer.js' {
  interface Token {
    readonly type: string;
    readonly value: string;
    readonly lineno: number;
    readonly colno: number;
  }

  /** Not exported by name: `lex()` makes one. */
  interface Tokenizer {
    readonly str: string;
    readonly len: number;
    index: number;
    lineno: number;
    colno: number;
    in_code: boolean;
    readonly tags: {
      readonly BLOCK_START: string;
      readonly BLOCK_END: string;
      readonly VARIABLE_START: string;
      readonly VARIABLE_END: string;
    };
    nextToken(): Token | null;
    current(): string;
    forward(): void;
    isFinished(): boolean;
    _parseString(delimiter: string): string;
    _extractUntil(charString?: string): string | null;
  }

  interface LexerOptions {
    readonly tags?: {
      readonly blockStart?: string;
      readonly blockEnd?: string;
      readonly variableStart?: string;
      readonly variableEnd?: string;
    };
  }

  const lexer: {
    lex(source: string, options?: LexerOptions): Tokenizer;
    readonly TOKEN_STRING: string;
    readonly TOKEN_DATA: string;
    readonly TOKEN_BLOCK_START: string;
    readonly TOKEN_BLOCK_END: string;
    readonly TOKEN_VARIABLE_START: string;
    readonly TOKEN_VARIABLE_END: string;
    readonly TOKEN_LEFT_PAREN: string;
    readonly TOKEN_RIGHT_PAREN: string;
    readonly TOKEN_LEFT_BRACKET: string;
    readonly TOKEN_RIGHT_BRACKET: string;
    readonly TOKEN_LEFT_CURLY: string;
    readonly TOKEN_RIGHT_CURLY: string;
    readonly TOKEN_OPERATOR: string;
    readonly TOKEN_COMMA: string;
    readonly TOKEN_COLON: string;
    readonly TOKEN_TILDE: string;
    readonly TOKEN_PIPE: string;
    readonly TOKEN_INT: string;
    readonly TOKEN_BOOLEAN: string;
    readonly TOKEN_NONE: string;
    readonly TOKEN_SYMBOL: string;
  };
  export type { LexerOptions, Token, Tokenizer };
  export default lexer;
}

declare module 'nunjucks/src/nodes.js' {
  class Node {
    constructor(lineno: number, colno: number, ...fields: unknown[]);
    lineno: number;
    colno: number;
    readonly typename: string;
  }
  class Value extends Node {
    value: unknown;
  }
  class NodeList extends Node {
    children: Node[];
    addChild(node: Node): void;
  }
  class Pair extends Node {
    key: Node;
    value: Node;
  }
  class LookupVal extends Node {
    target: Node;
    val: Node | undefined;
  }
  class If extends Node {
    cond: Node;
    body: Node;
    else_: Node | null;
  }
  class InlineIf extends If {}
  class For extends Node {
    arr: Node;
    name: Node;
    body: Node;
    else_: Node | null;
  }
  class FunCall extends Node {
    name: Node;
    args: NodeList;
  }
  class Filter extends FunCall {}
  class Set extends Node {
    targets: Node[];
    value: Node | null;
    body?: Node;
  }
  class Capture extends Node {
    body: Node;
  }
  class UnaryOp extends Node {
    target: Node;
  }
  class BinOp extends Node {
    left: Node;
    right: Node;
    static extend<Class extends typeof Node>(this: Class, name: string): Class;
  }
  class Compare extends Node {
    expr: Node;
    ops: CompareOperand[];
  }
  class CompareOperand extends Node {
    expr: Node;
    type: string;
  }

  const nodes: {
    readonly Node: typeof Node;
    readonly NodeList: typeof NodeList;
    readonly Literal: typeof Value;
    readonly Symbol: typeof Value;
    readonly TemplateData: typeof Value;
    readonly Group: typeof NodeList;
    readonly Array: typeof NodeList;
    readonly Dict: typeof NodeList;
    readonly KeywordArgs: typeof NodeList;
    readonly Output: typeof NodeList;
    readonly Pair: typeof Pair;
    readonly LookupVal: typeof LookupVal;
    readonly If: typeof If;
    readonly InlineIf: typeof InlineIf;
    readonly For: typeof For;
    readonly FunCall: typeof FunCall;
    readonly Filter: typeof Filter;
    readonly Set: typeof Set;
    readonly Capture: typeof Capture;
    readonly BinOp: typeof BinOp;
    readonly In: typeof BinOp;
    readonly Is: typeof BinOp;
    readonly Or: typeof BinOp;
    readonly And: typeof BinOp;
    readonly Add: typeof BinOp;
    readonly Concat: typeof BinOp;
    readonly Sub: typeof BinOp;
    readonly Mul: typeof BinOp;
    readonly Div: typeof BinOp;
    readonly FloorDiv: typeof BinOp;
    readonly Mod: typeof BinOp;
    readonly Pow: typeof BinOp;
    readonly Not: typeof UnaryOp;
    readonly Neg: typeof UnaryOp;
    readonly Pos: typeof UnaryOp;
    readonly Compare: typeof Compare;
    readonly CompareOperand: typeof CompareOperand;
  };
  export type {
    BinOp,
    Capture,
    Compare,
    CompareOperand,
    Filter,
    For,
    FunCall,
    If,
    InlineIf,
    LookupVal,
    Node,
    NodeList,
    Pair,
    Set,
    UnaryOp,
    Value,
  };
  export default nodes;
}

declare module 'nunjucks/src/parser.js' {
  import type { Token, Tokenizer } from 'nunjucks/src/lexer.js';
  import type { Node, NodeList } from 'nunjucks/src/nodes.js';

  class Parser {
    constructor(tokens: Tokenizer);
    readonly tokens: Tokenizer;
    peeked: Token | null;
    breakOnBlocks: string[] | null;
    dropLeadingWhitespace: boolean;
    nextToken(withWhitespace?: boolean): Token | null;
    peekToken(): Token | null;
    pushToken(token: Token | null): void;
    error(message: string, lineno?: number, colno?: number): Error;
    fail(message: string, lineno?: number, colno?: number): never;
    skip(type: string): boolean;
    skipValue(type: string, value: string): boolean;
    skipSymbol(value: string): boolean;
    expect(type: string): Token;
    advanceAfterBlockEnd(name?: string): Token;
    parseAsRoot(): NodeList;
    parseStatement(): Node | null;
    parseIf(): Node;
    parseSet(): Node;
    parseRaw(tagName?: string): Node;
    parseExpression(): Node;
    parseInlineIf(): Node;
    parseOr(): Node;
    parseNot(): Node;
    parseIn(): Node;
    parseIs(): Node;
    parseCompare(): Node;
    parseConcat(): Node;
    parseAdd(): Node;
    parseMul(): Node;
    parsePow(): Node;
    parseUnary(noFilters?: boolean): Node;
    parsePrimary(noPostfix?: boolean): Node;
    parsePostfix(node: Node): Node;
    parseFilter(node: Node): Node;
    parseAggregate(): NodeList;
    parseSignature(tolerant?: boolean | null, noParens?: boolean): NodeList;
  }

  const parser: { readonly Parser: typeof Parser };
  export type { Parser };
  export default parser;
}
