import { check, type CheckedExpression } from "./checker.ts";
import type { FunctionDeclaration, Library, Overload } from "./declarations.ts";
import { standardLibrary } from "./libraries/standard.ts";
import { macroKey, standardMacros, type Macros } from "./macros.ts";
import { parse } from "./parser.ts";
import { builtInTypes } from "./type-names.ts";
import type { CelType } from "./types.ts";
import { validateLiterals } from "./validators.ts";

export interface EnvironmentOptions {
  /** The variables that expressions may use, with their types. */
  readonly variables?: Readonly<Record<string, CelType>>;
  /** Beside the standard library of the language. */
  readonly libraries?: readonly Library[];
  /** Types that expressions may name, beside those of the libraries. */
  readonly types?: Readonly<Record<string, CelType>>;
  /** What unqualified names are looked up in first, such as `google.api`. */
  readonly container?: string;
  /** Whether lists and maps may be written with elements of different types; Kubernetes refuses it. */
  readonly mixedLiterals?: boolean;
}

/** What expressions of one purpose may use: variables, functions, types, macros. Made once, used for many expressions. */
export class CelEnvironment {
  readonly container: string;
  readonly mixedLiterals: boolean;
  readonly macros: Macros;
  readonly #variables: ReadonlyMap<string, CelType>;
  readonly #types: ReadonlyMap<string, CelType>;
  readonly #libraries: readonly Library[];
  readonly #functions: ReadonlyMap<string, FunctionDeclaration>;

  constructor({ variables = {}, libraries = [], types = {}, container = "", mixedLiterals = false }: EnvironmentOptions) {
    this.container = container;
    this.mixedLiterals = mixedLiterals;
    const base = baseOf(libraries);
    this.macros = base.macros;
    this.#variables = new Map(Object.entries(variables));
    const added = Object.entries(types);
    this.#types = added.length === 0 ? base.types : new Map([...base.types, ...added]);
    this.#libraries = libraries;
    this.#functions = base.functions;
  }

  /** Parses and checks an expression. Throws `CelCompileError`. */
  check(text: string): CheckedExpression {
    const checked = check(parse(text, this.macros), this);
    validateLiterals(checked, this);
    return checked;
  }

  variable(name: string): CelType | undefined {
    return this.#variables.get(name);
  }

  typeNamed(name: string): CelType | undefined {
    const known = this.#types.get(name);
    if (known !== undefined) return known;
    for (const { typeNamed } of this.#libraries) {
      const found = typeNamed?.(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  function(name: string): FunctionDeclaration | undefined {
    return this.#functions.get(name);
  }

  /** Whether calls of this form are expanded before they are checked. */
  hasMacro(name: string, receiver: boolean, count: number): boolean {
    return Object.hasOwn(this.macros, macroKey(name, receiver, count));
  }

  /** The full names that a name may stand for, the one that counts most first. A leading dot says that it is full. */
  candidates(name: string): readonly string[] {
    if (name.startsWith(".")) return [name.slice(1)];
    if (this.container === "") return [name];
    const parts = this.container.split(".");
    return [...parts.map((_, index) => `${parts.slice(0, parts.length - index).join(".")}.${name}`), name];
  }
}

/** What the language and some libraries have together. */
interface Base {
  readonly macros: Macros;
  readonly types: ReadonlyMap<string, CelType>;
  readonly functions: ReadonlyMap<string, FunctionDeclaration>;
}

const known = new WeakMap<readonly Library[], Base>();

/** Environments are many, and the lists of libraries few. */
function baseOf(libraries: readonly Library[]): Base {
  let base = known.get(libraries);
  if (base === undefined) {
    base = {
      macros: Object.assign({}, standardMacros, ...libraries.map((library) => library.macros)),
      types: new Map([...Object.entries(builtInTypes), ...libraries.flatMap((library) => Object.entries(library.types ?? {}))]),
      functions: merged([standardLibrary, ...libraries]),
    };
    known.set(libraries, base);
  }
  return base;
}

/** The functions of all libraries; libraries may add overloads to each other's functions. */
function merged(libraries: readonly Library[]): ReadonlyMap<string, FunctionDeclaration> {
  const overloads = new Map<string, Overload[]>();
  for (const declaration of libraries.flatMap(({ functions }) => functions)) {
    const known = overloads.get(declaration.name) ?? [];
    for (const each of declaration.overloads) if (!known.some(({ id }) => id === each.id)) known.push(each);
    overloads.set(declaration.name, known);
  }
  return new Map([...overloads].map(([name, each]) => [name, { name, overloads: each }]));
}
