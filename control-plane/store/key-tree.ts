import type { Before } from "./keys.ts";
import { compareKeys, isOrdinary } from "./keys.ts";

interface Leaf<Value> {
  readonly owner: object;
  readonly keys: string[];
  readonly values: Value[];
}

interface Branch<Value> {
  readonly owner: object;
  /** `firsts[i]` is above every key of child `i - 1` and not above any key of child `i`. `firsts[0]` is never looked at. */
  readonly firsts: string[];
  readonly children: TreeNode<Value>[];
  size: number;
}

type TreeNode<Value> = Leaf<Value> | Branch<Value>;

const width = 64;

/**
 * A map from keys to values in the order of the keys' bytes, that also counts: how many keys come before a point, in
 * logarithmic time. A B+ tree whose nodes belong to one tree; {@link fork} shares all of them, and either side copies a node
 * before it first changes it.
 */
export class KeyTree<Value> {
  #owner: object = {};
  #root: TreeNode<Value> = { owner: this.#owner, keys: [], values: [] };
  // One key with surrogates is enough to need the slower comparison; without any, both orders are the same.
  #ordinary = true;

  get size(): number {
    return sizeOf(this.#root);
  }

  get(key: string): Value | undefined {
    let node = this.#root;
    while (!isLeaf(node)) node = node.children[this.#childFor(node.firsts, key)]!;
    const index = this.#position(node.keys, key);
    return node.keys[index] === key ? node.values[index] : undefined;
  }

  set(key: string, value: Value): void {
    if (this.#ordinary && !isOrdinary(key)) this.#ordinary = false;
    const root = this.#own(this.#root);
    this.#root = root;
    const second = this.#insert(root, key, value);
    if (second === undefined) return;
    this.#root = {
      owner: this.#owner,
      firsts: ["", second.first],
      children: [root, second.node],
      size: sizeOf(root) + sizeOf(second.node),
    };
  }

  /** Whether the key was there. */
  delete(key: string): boolean {
    if (this.get(key) === undefined) return false;
    this.#root = this.#own(this.#root);
    this.#remove(this.#root, key);
    while (!isLeaf(this.#root) && this.#root.children.length === 1) this.#root = this.#own(this.#root.children[0]!);
    return true;
  }

  /** How many keys come before the point. */
  count(before: Before): number {
    let node = this.#root;
    let passed = 0;
    while (!isLeaf(node)) {
      const child = partition(node.firsts, before, 1) - 1;
      for (let index = 0; index < child; index++) passed += sizeOf(node.children[index]!);
      node = node.children[child]!;
    }
    return passed + partition(node.keys, before, 0);
  }

  /** Shows keys and values from the point on, in order, until `visit` returns false. The tree must not change meanwhile. */
  visit(before: Before, visit: (key: string, value: Value) => boolean): void {
    visitNode(this.#root, before, visit);
  }

  /** A tree with the same content. Both may change from here on; neither sees the other's changes. Takes constant time. */
  fork(): KeyTree<Value> {
    const copy = new KeyTree<Value>();
    copy.#root = this.#root;
    copy.#ordinary = this.#ordinary;
    // From now on no node belongs to either tree.
    this.#owner = {};
    return copy;
  }

  /** A tree of other values under the same keys, which both share as after {@link fork}. */
  map<Other>(to: (value: Value) => Other): KeyTree<Other> {
    const copy = new KeyTree<Other>();
    copy.#root = mapped(this.#root, to);
    copy.#ordinary = this.#ordinary;
    this.#owner = {};
    return copy;
  }

  #precedes(a: string, b: string): boolean {
    return this.#ordinary ? a < b : compareKeys(a, b) < 0;
  }

  /** The index of the first of `keys` that is not before `key`. */
  #position(keys: readonly string[], key: string): number {
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#precedes(keys[middle]!, key)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #childFor(firsts: readonly string[], key: string): number {
    let low = 1;
    let high = firsts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#precedes(key, firsts[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low - 1;
  }

  #own<Kind extends TreeNode<Value>>(node: Kind): Kind {
    if (node.owner === this.#owner) return node;
    return isLeaf(node)
      ? { ...node, owner: this.#owner, keys: node.keys.slice(), values: node.values.slice() }
      : { ...node, owner: this.#owner, firsts: node.firsts.slice(), children: node.children.slice() };
  }

  /** Puts the key into a node of this tree. Answers the second half, with its first key, when the node had to be split. */
  #insert(node: TreeNode<Value>, key: string, value: Value): { readonly first: string; readonly node: TreeNode<Value> } | undefined {
    if (isLeaf(node)) {
      const index = this.#position(node.keys, key);
      if (node.keys[index] === key) {
        node.values[index] = value;
        return undefined;
      }
      node.keys.splice(index, 0, key);
      node.values.splice(index, 0, value);
      if (node.keys.length <= width) return undefined;
      // Keys that arrive in order leave full leaves behind.
      const from = index === width ? width : width >> 1;
      const keys = node.keys.splice(from);
      return { first: keys[0]!, node: { owner: this.#owner, keys, values: node.values.splice(from) } };
    }
    const index = this.#childFor(node.firsts, key);
    const child = this.#own(node.children[index]!);
    node.children[index] = child;
    const sizeBefore = sizeOf(child);
    const second = this.#insert(child, key, value);
    node.size += sizeOf(child) - sizeBefore + (second === undefined ? 0 : sizeOf(second.node));
    if (second === undefined) return undefined;
    node.firsts.splice(index + 1, 0, second.first);
    node.children.splice(index + 1, 0, second.node);
    if (node.children.length <= width) return undefined;
    const from = index + 1 === width ? width : width >> 1;
    const firsts = node.firsts.splice(from);
    const children = node.children.splice(from);
    const size = children.reduce((sum, grandchild) => sum + sizeOf(grandchild), 0);
    node.size -= size;
    return { first: firsts[0]!, node: { owner: this.#owner, firsts, children, size } };
  }

  /** Takes a key that is there out of a node of this tree. */
  #remove(node: TreeNode<Value>, key: string): void {
    if (isLeaf(node)) {
      const index = this.#position(node.keys, key);
      node.keys.splice(index, 1);
      node.values.splice(index, 1);
      return;
    }
    const index = this.#childFor(node.firsts, key);
    const child = this.#own(node.children[index]!);
    node.children[index] = child;
    node.size--;
    this.#remove(child, key);
    if (lengthOf(child) === 0 && node.children.length > 1) {
      node.children.splice(index, 1);
      node.firsts.splice(index, 1);
    } else if (lengthOf(child) < width >> 2) {
      this.#merge(node, index > 0 ? index - 1 : index);
    }
  }

  /** Puts child `index + 1` into child `index` when the two leave room in one node. */
  #merge(parent: Branch<Value>, index: number): void {
    const right = parent.children[index + 1];
    if (right === undefined || lengthOf(parent.children[index]!) + lengthOf(right) > width >> 1) return;
    const left = this.#own(parent.children[index]!);
    if (isLeaf(left) && isLeaf(right)) {
      left.keys.push(...right.keys);
      left.values.push(...right.values);
    } else if (!isLeaf(left) && !isLeaf(right)) {
      left.firsts.push(parent.firsts[index + 1]!, ...right.firsts.slice(1));
      left.children.push(...right.children);
      left.size += right.size;
    }
    parent.children[index] = left;
    parent.children.splice(index + 1, 1);
    parent.firsts.splice(index + 1, 1);
  }
}

/** Nodes of nobody, so that whoever changes one copies it first. */
const nobody = {};

function mapped<Value, Other>(node: TreeNode<Value>, to: (value: Value) => Other): TreeNode<Other> {
  if (isLeaf(node)) return { owner: nobody, keys: node.keys, values: node.values.map(to) };
  return { owner: nobody, firsts: node.firsts, children: node.children.map((child) => mapped(child, to)), size: node.size };
}

function isLeaf<Value>(node: TreeNode<Value>): node is Leaf<Value> {
  return "keys" in node;
}

function sizeOf<Value>(node: TreeNode<Value>): number {
  return isLeaf(node) ? node.keys.length : node.size;
}

function lengthOf<Value>(node: TreeNode<Value>): number {
  return isLeaf(node) ? node.keys.length : node.children.length;
}

/** The index, not below `from`, of the first key that is not before the point. */
function partition(keys: readonly string[], before: Before, from: number): number {
  let low = from;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (before(keys[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function visitNode<Value>(node: TreeNode<Value>, before: Before, visit: (key: string, value: Value) => boolean): boolean {
  if (isLeaf(node)) {
    for (let index = partition(node.keys, before, 0); index < node.keys.length; index++) {
      if (!visit(node.keys[index]!, node.values[index]!)) return false;
    }
    return true;
  }
  for (let index = partition(node.firsts, before, 1) - 1; index < node.children.length; index++) {
    if (!visitNode(node.children[index]!, before, visit)) return false;
  }
  return true;
}
