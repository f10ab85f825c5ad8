"""What no answer may hold, whatever the workspace replied."""
import json
import re

from values import FORGED

# Controls but tab and line feed, direction marks, separators of lines, annotation, tags.
HIDDEN = re.compile('[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069'
                    '\ufff9-\ufffb\U000e0000-\U000e007f]')
BREAK = re.compile('\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]')
QUOTED = re.compile('"(?:[^"]|"")*"')    # cells of CSV keep their line breaks (RFC 4180)
FENCE, FENCE_END = '<untrusted-data ', '</untrusted-data>'
INTERNAL = -32603


class Fail(Exception):
    """What is wrong with an answer."""


def texts(value):
    """All texts in a JSON value, names of members too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def outside_fences(text):
    inside = False
    for line in BREAK.split(text):
        if inside:
            inside = line != FENCE_END
        elif line.startswith(FENCE):
            inside = True
        else:
            yield line
    if inside:
        raise Fail('a fence that does not end')


def check_blocks(blocks, quoted):
    for block in blocks:
        text = block.get('text')
        if text is None:
            continue
        if quoted:
            text = QUOTED.sub('', text)
        for line in outside_fences(text):
            if line.strip().startswith(FORGED):
                around = text[max(0, text.find(line) - 200):][:300]
                raise Fail(f'a forged line: {around!r}')


def check_hidden(value, what, but=''):
    for text in texts(value):
        for found in HIDDEN.finditer(text):
            if found[0] not in but:
                around = text[max(0, found.start() - 60):found.end() + 40]
                raise Fail(f'{what} holds U+{ord(found[0]):04X}: {around!r}')


def fits(value, schema, where='structuredContent'):
    """The part of JSON Schema that declared outputs use."""
    kinds = {'object': dict, 'array': list, 'string': str, 'boolean': bool, 'null': type(None),
             'number': (int, float), 'integer': (int, float)}
    kind = schema.get('type')
    if kind is not None:
        for name in kind if isinstance(kind, list) else [kind]:
            if isinstance(value, kinds[name]) and (isinstance(value, bool) == (name == 'boolean')):
                if name != 'integer' or float(value).is_integer():
                    break
        else:
            raise Fail(f'{where} is {json.dumps(value)[:100]}; declared is {kind}')
    if 'enum' in schema and value not in schema['enum']:
        raise Fail(f'{where} is {json.dumps(value)[:100]}; declared is one of {schema["enum"]}')
    if isinstance(value, dict):
        missing = [name for name in schema.get('required', []) if name not in value]
        if missing:
            raise Fail(f'{where} lacks {missing[0]}')
        for name, item in value.items():
            inner = schema.get('properties', {}).get(name, schema.get('additionalProperties'))
            if isinstance(inner, dict):
                fits(item, inner, f'{where}/{name}')
    if isinstance(value, list) and isinstance(schema.get('items'), dict):
        for number, item in enumerate(value):
            fits(item, schema['items'], f'{where}/{number}')


def check_structured(call, result, tools):
    schema = tools.get(call.name, {}).get('outputSchema')
    if schema is None or result.get('isError') or call.method != 'tools/call':
        return
    if 'structuredContent' not in result:
        raise Fail('no structuredContent, though an outputSchema is declared')
    fits(result['structuredContent'], schema)


def constant(name):
    raise ValueError(name + ' is not JSON')


def parse(line):
    try:
        return json.loads(line, parse_constant=constant)
    except ValueError as error:
        raise Fail(f'the answer is not JSON: {error}') from None


def check(call, line, tools):
    answer = parse(line)
    if answer.get('error', {}).get('code') == INTERNAL:
        raise Fail('-32603: ' + answer['error'].get('message', '')[:200])
    result = answer.get('result', {})
    blocks = [block for block in result.get('content', [])]
    blocks += [message['content'] for message in result.get('messages', [])]
    blocks += [block['resource'] for block in blocks if 'resource' in block]
    exact = call.name == 'get_secret' or 'contents' in result    # as they are
    for found in texts(answer):
        if re.search(r'The plugin (of )?(\w+ )?made a mistake', found):
            raise Fail('the plugin made a mistake: ' + found[:300])
    check_blocks(blocks + [{'text': answer.get('error', {}).get('message')}], csv(call))
    if not exact:
        check_hidden(answer, 'the answer', '\r' if csv(call) else '')
    check_structured(call, result, tools)


def csv(call):
    return call.params.get('arguments', {}).get('format') == 'csv'
