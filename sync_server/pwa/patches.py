"""Text patches of vendored Flutter and Pyodide files. Each must match exactly once, or the build stops."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sync_server.pwa.problems import BuildFailed


@dataclass(frozen=True)
class Patch:
    """One replacement in one vendored file: `pattern` is a regular expression that matches exactly once."""

    path: str
    pattern: str
    replacement: str
    why: str

    def apply(self, text: str) -> str:
        """The patched text; raises BuildFailed unless the pattern matched exactly once."""
        changed, count = re.subn(self.pattern, self.replacement.replace("\\", r"\\"), text, flags=re.DOTALL)
        if count != 1:
            raise BuildFailed(
                f"{self.path}: expected one place to patch ({self.why}), found {count}. "
                "The installed flet-web is not the version this build was made for."
            )
        return changed


PATCHES = (
    Patch(
        "flutter_bootstrap.js",
        r"    serviceWorkerSettings: \{.*?\n    \},\n",
        "",
        "Flutter's own service worker would replace ours and reload the page for ever",
    ),
    Patch(
        "flutter_bootstrap.js",
        r"\n//# sourceMappingURL=flutter\.js\.map",
        "",
        "no source map is shipped",
    ),
    Patch(
        "pyodide/pyodide.asm.mjs",
        re.escape("function ___syscall_fdatasync(fd){try{var stream=SYSCALLS.getStreamFromFD(fd);return 0}"),
        "function ___syscall_fdatasync(fd){try{var stream=SYSCALLS.getStreamFromFD(fd);"
        "return stream.stream_ops?.fsync?.(stream)??0}",
        "fdatasync does nothing, so SQLite's commits had no barrier",
    ),
    Patch(
        "pyodide/pyodide.asm.mjs",
        re.escape("return Module.HEAP8.set(t),l}"),
        "return setTrampoline(),l};API.growMemory=growMemory;API.places=()=>wasmTable.length",
        "memory.mjs fills the memory, and grows it first; it holds the trampoline of another engine",
    ),
    Patch(
        "pyodide/pyodide.mjs",
        re.escape("let a=Ae(r,s,t);"),
        "await t._fillMemory?.(r);let a=Ae(r,s,t);",
        "the memory of a snapshot is read as a stream (memory.mjs): not kept a second time in one piece",
    ),
    Patch(
        "pyodide/pyodide.mjs",
        re.escape("return n.lockFilePromise="),
        "t.dynamicLibraries=Object.keys(e._libraries??{});return n.lockFilePromise=",
        "compiled modules are linked before Python starts, always in one place, so a snapshot may use them",
    ),
    Patch(
        "pyodide/pyodide.asm.mjs",
        re.escape("var freeTableIndexes=[];"),
        "var knowFunctions=(exports,from,count)=>{getFunctionAddress(knowFunctions);const places=new Map;"
        "for(let at=from;at<from+count;at++){const item=getWasmTableEntry(at);"
        "if(item){places.set(item.name,at)}}"
        "for(const item of Object.values(exports)){if(typeof item=='function'&&!functionsInTableMap.has(item)"
        "&&places.has(item.name)){functionsInTableMap.set(item,places.get(item.name))}}};"
        "var freeTableIndexes=[];",
        "WebKit's table and exports give different objects for one function; they share its number",
    ),
    Patch(
        "pyodide/pyodide.asm.mjs",
        re.escape("updateGOT(origExports)"),
        "knowFunctions(origExports,0,wasmTable.length);updateGOT(origExports)",
        "so no function gets a second place there, which would move all that follow",
    ),
    Patch(
        "pyodide/pyodide.asm.mjs",
        re.escape("updateTableMap(tableBase,metadata.tableSize);"),
        "updateTableMap(tableBase,metadata.tableSize);"
        "knowFunctions(instance.exports,tableBase,metadata.tableSize);",
        "the same for the functions of a compiled module",
    ),
    Patch(
        "pyodide/pyodide.asm.mjs",
        re.escape("function loadLibData(){if(handle){"),
        'function loadLibData(){const given=Module["API"].config._libraries?.[libName];'
        "if(given){return Promise.resolve(given)}if(handle){",
        "and they arrive as compiled WebAssembly modules, not as files of Python's file system",
    ),
    Patch(
        "pyodide/pyodide.asm.mjs",
        re.escape("if(isIOS){return 0}let trampolineModule;try{trampolineModule=getWasmTrampolineModule()}")
        + re.escape("catch(e){return 0}"),
        "if(isIOS){getEmptyTableSlot();return 0}let trampolineModule;"
        "try{trampolineModule=getWasmTrampolineModule()}catch(e){getEmptyTableSlot();return 0}",
        "where WebKit takes no trampoline its place stays empty: a snapshot counts on all functions' places",
    ),
    Patch(
        "pyodide/pyodide.asm.mjs",
        re.escape("addOnPreRun(function setEmscriptenTrampoline(){const ptr=getPyEMTrampolinePtr();")
        + re.escape("const offset=HEAP32[__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET/4>>>0];")
        + re.escape("HEAP32[(__PyRuntime+offset)/4>>>0]=ptr});"),
        "let trampolinePtr=0;function setTrampoline(){"
        "const offset=HEAP32[__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET/4>>>0];"
        "HEAP32[(__PyRuntime+offset)/4>>>0]=trampolinePtr}"
        "addOnPreRun(function setEmscriptenTrampoline(){"
        "trampolinePtr=getPyEMTrampolinePtr();setTrampoline()});",
        "the engine's own trampoline is set again when a snapshot has been restored",
    ),
)


def patched(path: str, text: str) -> str:
    """The text of a vendored file after all of its patches."""
    for patch in PATCHES:
        if patch.path == path:
            text = patch.apply(text)
    return text
