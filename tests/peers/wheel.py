"""Packs a file as the one member of a wheel, as a registry has it. usage: wheel.py NAME VERSION MEMBER FILE WHEEL"""
import sys
import zipfile

name, version, member, file, wheel = sys.argv[1:]
info = f"{name.replace('-', '_')}-{version}.dist-info"
with zipfile.ZipFile(wheel, "w") as packed:
    packed.write(file, member)
    packed.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    packed.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    packed.writestr(f"{info}/RECORD", "")
