"""What the official Python SDK says of the REST API: the requests that its methods make. Read from its
sources, without running them."""
import ast
import importlib.util
import pathlib
import re


class Request:
    """One method of the SDK: METHOD and path, names in the query, members of the body with types."""

    def __init__(self, where, method, path, query, body):
        self.where, self.method, self.path = where, method, path
        self.query, self.body = query, body
        segments = ''.join(r'[^/]+' if part == '{}' else r'/?.+' if part == '{+}' else re.escape(part)
                           for part in re.split(r'(\{\+?\})', path))
        self.pattern = re.compile(segments + r'\Z')

    def fits(self, method, path):
        return method == self.method and self.pattern.match(path)


class Contract:
    def __init__(self):
        spec = importlib.util.find_spec('databricks.sdk')
        self.root = pathlib.Path(spec.origin).parent
        self.requests, self.enums, self.classes = [], {}, {}
        for file in sorted(self.root.glob('service/*.py')):
            self.read(file)
        self.version = re.search(r'"([^"]+)"', (self.root / 'version.py').read_text())[1]

    def read(self, file):
        module = file.stem
        for node in ast.parse(file.read_text()).body:
            if not isinstance(node, ast.ClassDef):
                continue
            bases = [ast.unparse(base) for base in node.bases]
            if 'Enum' in bases:
                self.enums[module, node.name] = {
                    item.value.value for item in node.body
                    if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant)}
            elif node.name.endswith('API'):
                for method in node.body:
                    if isinstance(method, ast.FunctionDef):
                        self.read_method(module, node.name, method)
            else:
                self.classes[module, node.name] = {
                    item.target.id: ast.unparse(item.annotation) for item in node.body
                    if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)}

    def read_method(self, module, api, method):
        types = {arg.arg: ast.unparse(arg.annotation) for arg in
                 method.args.args + method.args.kwonlyargs if arg.annotation}
        members = {'query': {}, 'body': {}}
        for node in ast.walk(method):
            if isinstance(node, ast.Assign):
                self.read_member(node, members, types)
        for node in ast.walk(method):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == 'self._api.do':
                where = f'{module}.{api}.{method.name}'
                whole = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                if len(node.args) < 2:
                    continue    # a data plane's own URL, not a path of the workspace
                body = members['body']
                if 'body' in whole and whole['body'].endswith('.as_dict()'):
                    body = self.whole_body(types.get(whole['body'].split('.')[0], ''))
                self.requests.append(Request(where, node.args[0].value, path_of(node.args[1]),
                                             set(members['query']),
                                             (module, body)))

    @staticmethod
    def read_member(node, members, types):
        """query["x"] = x, body["x"] = x.as_dict(): the member and the type of the argument."""
        target = node.targets[0]
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) \
                and target.value.id in members and isinstance(target.slice, ast.Constant):
            names = [name.id for name in ast.walk(node.value) if isinstance(name, ast.Name)]
            kind = next((types[name] for name in names if name in types), '')
            members[target.value.id][target.slice.value] = kind

    @staticmethod
    def whole_body(annotation):
        return {'*': annotation}

    def find(self, method, path):
        return [request for request in self.requests if request.fits(method, path)]

    def members(self, module, annotation):
        """(module, class) for each class that an annotation names."""
        for word in re.findall(r'[A-Za-z_]+(?:\.[A-Za-z_]+)?', annotation):
            parts = word.split('.')
            key = (parts[0], parts[1]) if len(parts) == 2 else (module, word)
            if key in self.classes or key in self.enums:
                yield key


def path_of(node):
    if isinstance(node, ast.Constant):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return '{+}'
    return ''.join(piece.value if isinstance(piece, ast.Constant)
                   else '{+}' if '_escape_multi_segment' in ast.unparse(piece) else '{}'
                   for piece in node.values)
