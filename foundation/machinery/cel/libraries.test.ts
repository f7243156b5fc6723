import { expect, test } from "vitest";
import {
  authorizerType,
  bindingLibrary,
  CelAuthorizer,
  CelEnvironment,
  compile,
  encoderLibrary,
  kubernetesLibraries,
  mathLibrary,
} from "./index.ts";
import { mutationLibrary, toJson, type AuthorizationQuestion } from "./index.ts";

const environment = new CelEnvironment({
  variables: { authorizer: authorizerType },
  libraries: [...kubernetesLibraries, bindingLibrary, mathLibrary, encoderLibrary, mutationLibrary],
});

function evaluate(expression: string): unknown {
  const asked: AuthorizationQuestion[] = [];
  const authorizer = new CelAuthorizer((question) => {
    asked.push(question);
    return { allowed: question.verb === "get", reason: "because" };
  });
  return compile(environment, expression).evaluate({ authorizer });
}

test.each([
  // Texts
  "'Kubernetes'.lowerAscii() == 'kubernetes' && 'straße'.upperAscii() == 'STRAßE'",
  "'a👑b'.charAt(1) == '👑' && 'a👑b'.charAt(3) == '' && 'a👑b'.substring(1, 2) == '👑' && 'a👑b'.indexOf('b') == 2",
  "'hello mellow'.lastIndexOf('ello') == 7 && 'hello mellow'.lastIndexOf('ello', 6) == 1 && 'x'.indexOf('y', 30) == -1",
  "'hello'.replace('l', 'L', 1) == 'heLlo' && 'ab'.replace('', '-') == '-a-b-' && 'aaa'.replace('a', '$&') == '$&$&$&'",
  "'a,b,c'.split(',', 2) == ['a', 'b,c'] && 'abc'.split('') == ['a', 'b', 'c'] && 'a'.split(',', 0) == []",
  "['a', 'b'].join('-') == 'a-b' && [].join() == '' && ' \\t x\\n'.trim() == 'x'",
  "strings.quote('a\"b\\n') == '\"a\\\\\"b\\\\n\"'",
  "'%s has %d of %.2f'.format(['it', 3, 1234.5]) == 'it has 3 of 1,234.50' && '%x %X %o %b'.format([255, 'k', 8, 5]) == 'ff 6B 10 101'",
  "'%s'.format([[1, 'a', {'k': null}]]) == '[1, a, {k: null}]'",
  "'a1b22'.find('[0-9]+') == '1' && 'a1b22'.findAll('[0-9]+') == ['1', '22'] && 'a1b22'.findAll('[0-9]+', 1) == ['1'] && 'x'.find('y') == ''",
  // Lists and sets
  "[1, 3, 2].max() == 3 && [1, 3, 2].min() == 1 && [1, 2].sum() == 3 && [1.5, 2.5].sum() == 4.0 && ![2, 1].isSorted()",
  "['a', 'b', 'a'].indexOf('a') == 0 && ['a', 'b', 'a'].lastIndexOf('a') == 2 && ['a'].indexOf('z') == -1",
  "[3, 1, 2].sort() == [1, 2, 3] && ['bb', 'a'].sortBy(x, x.size()) == ['a', 'bb'] && [1, 2, 3].slice(1, 3) == [2, 3]",
  "[[1], [2, 3]].flatten() == [1, 2, 3] && [1, 1, 2].distinct() == [1, 2] && [1, 2].reverse() == [2, 1] && lists.range(3) == [0, 1, 2]",
  "sets.contains([1, 2], [2]) && sets.equivalent([1, 2], [2, 1, 1]) && !sets.intersects([1], [2]) && [1, 2].first() == optional.of(1)",
  // Kubernetes
  "quantity('1.5Gi').isGreaterThan(quantity('1500M')) && quantity('100m').add(quantity('1')).compareTo(quantity('1100m')) == 0",
  "isQuantity('10Ki') && !isQuantity('10 apples') && quantity('2k').asInteger() == 2000 && !quantity('0.5').isInteger() && sign(quantity('-1')) == -1",
  "url('https://user@Example.com:8080/a%20b/c?x=1&x=2&y=%2F#z').getHost() == 'Example.com:8080' && isURL('/path') && !isURL('a b')",
  "url('https://example.com:80/a%20b?x=1&x=2&y=%2F').getQuery() == {'x': ['1', '2'], 'y': ['/']} && url('http://[::1]:8/').getHostname() == '::1'",
  "url('https://example.com/a b').getEscapedPath() == '/a%20b' && url('https://example.com:80').getPort() == '80'",
  "ip('192.168.0.1').family() == 4 && ip('::1').isLoopback() && ip('fe80::1').isLinkLocalUnicast() && ip('8.8.8.8').isGlobalUnicast()",
  "!isIP('192.168.01.1') && !isIP('::ffff:1.2.3.4') && ip.isCanonical('2001:db8::1') && !ip.isCanonical('2001:DB8::1') && string(ip('2001:0:0:1::')) == '2001:0:0:1::'",
  "cidr('192.168.0.0/16').containsIP('192.168.3.4') && !cidr('192.168.0.0/24').containsIP(ip('192.168.1.0')) && isCIDR('::/0')",
  "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && cidr('10.1.2.3/8').ip() == ip('10.1.2.3')",
  "!format.dns1123Label().validate('my-name').hasValue() && format.named('dns1123Label').value().validate('My Name').hasValue()",
  "format.named('uuid').value().validate('x') == optional.of(['does not match the UUID format']) && !format.named('nothing').hasValue()",
  "semver('1.2.3-alpha.1').isLessThan(semver('1.2.3')) && semver('v1.02', true) == semver('1.2.0') && !isSemver('1.2') && semver('1.2.3').minor() == 2",
  "authorizer.group('apps').resource('deployments').namespace('x').check('get').allowed() && !authorizer.path('/metrics').check('post').allowed()",
  "authorizer.serviceAccount('a', 'b').group('').resource('pods').check('get').reason() == 'because'",
  // Beyond Kubernetes' own environment
  "math.greatest(1, 2, 3) == 3 && math.greatest(1, 2.5) == 2.5 && math.least([3, 1]) == 1 && math.bitAnd(6, 3) == 2 && math.sign(-2.5) == -1.0 && math.abs(-3) == 3",
  "base64.decode(base64.encode(b'hello')) == b'hello' && cel.bind(x, 'a', x + x) == 'aa'",
])("%s", (expression) => {
  expect(evaluate(expression)).toBe(true);
});

test.each([
  ["quantity('ten')", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
  ["ip('1.2.3')", 'IP Address "1.2.3" parse error during conversion from string: ParseAddr("1.2.3"): unable to parse IP'],
  ["url('x')", 'URL parse error during conversion from string: parse "x": invalid URI for request'],
  ["semver('1.02.3')", 'Minor number must not contain leading zeroes "02"'],
  ["[].max()", "max called on empty list"],
  ["[1, 2].slice(1, 3)", "cannot slice(1, 3), list is length 2"],
  ["'abc'.substring(2, 1)", "invalid substring range. start: 2, end: 1"],
  ["optional.none().value()", "optional.none() dereference"],
  ["duration('1h') + duration('2562047h47m')", "duration overflow"],
  ["{'a': 1}.transformMapEntry(k, v, {'x': 1}).transformMapEntry(k, v, {'y': 1})['x']", "no such key: x"],
  ["[1, 2].transformMapEntry(i, v, {'x': 1})", "insert failed: key x already exists"],
])("%s has no value: %s", (expression, message) => {
  expect(() => evaluate(expression)).toThrow(message);
});

test("literals that are no regular expression, duration, time, or of mixed types are refused beforehand", () => {
  const messages = ["'a'.matches('(')", "duration('soon')", "timestamp('now')", "[1, 'a']", "{'a': 1, 'b': 2u}"].map((expression) => {
    try {
      compile(environment, expression);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message.split("\n", 1)[0] : undefined;
    }
  });
  expect(messages).toEqual([
    "ERROR: <input>:1:13: invalid matches argument",
    "ERROR: <input>:1:10: invalid duration argument",
    "ERROR: <input>:1:11: invalid timestamp argument",
    "ERROR: <input>:1:5: expected type 'int' but found 'string'",
    "ERROR: <input>:1:15: expected type 'int' but found 'uint'",
  ]);
});

test("patches and apply configurations come out as JSON", () => {
  const patch = evaluate("[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b~c'), value: {'x': [1.5, 2.0]}}]");
  const applied = evaluate("Object{spec: Object.spec{replicas: 3, template: Object.spec.template{hostNetwork: true}}}");
  expect([toJson(patch as never), toJson(applied as never)]).toEqual([
    [{ op: "add", path: "/metadata/labels/a~1b~0c", value: { x: [1.5, 2] } }],
    { spec: { replicas: 3, template: { hostNetwork: true } } },
  ]);
});
