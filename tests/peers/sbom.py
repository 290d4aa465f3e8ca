"""Adds the models of the catalogue to a CycloneDX bill of materials, and checks the whole: sbom.py BILL CATALOGUE OUT."""

import json
import sys
import tomllib

# What an SPDX id of the catalogue's licences is; others are sentences, which stay as they are.
SPDX = {"Apache-2.0", "MIT"}
# Crates without which this is not the bill of HomePilot.
EXPECTED = {"homepilot-gateway", "homepilot-voice", "tokio", "axum", "sqlx", "llama-cpp-sys-2", "whisper-rs-sys"}


def licence(text):
    return {"license": {"id": text} if text in SPDX else {"name": text}}


def sources(source):
    """Where a file comes from: addresses on hubs, and packages as purls. A conversion has sources for each of its parts."""
    match source["kind"]:
        case "hub":
            return [{"type": "distribution", "url": source["url"]}]
        case "pypi":
            version = source["version"]
            return [{"type": "distribution", "url": f"pkg:pypi/{name}@{version}"} for name in source["packages"]]
        case "ct2-whisper":
            parts = (source["model"], source["vocabulary"])
            return [place for part in parts for inner in part["source"] for place in sources(inner)]
        case kind:
            raise SystemExit(f"sbom: models/catalog.toml has a source of kind {kind!r}: tell tests/peers/sbom.py what it is")


def each_once(places):
    return list({place["url"]: place for place in places}.values())


def component(model):
    files = [
        {
            "type": "file",
            "bom-ref": f"model:{model['id']}/{file['name']}",
            "name": file["name"],
            "hashes": [{"alg": "SHA-256", "content": file["sha256"]}],
            "externalReferences": each_once(place for source in file["source"] for place in sources(source)),
        }
        for file in model["file"]
    ]
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{model['id']}",
        "name": model["id"],
        "description": model["title"],
        "licenses": [licence(model["licence"])],
        # The first file is what the engine loads.
        "hashes": files[0]["hashes"],
        "externalReferences": [{"type": "model-card", "url": model["card"]}],
        "components": files,
    }


def problems(bill, models):
    """What is wrong with the bill, in sentences."""
    found = []
    if (bill.get("bomFormat"), bill.get("specVersion")) != ("CycloneDX", "1.5"):
        found.append("it is not CycloneDX 1.5")
    if bill.get("metadata", {}).get("component", {}).get("name") != "homepilot":
        found.append("it is not homepilot's")
    components = bill.get("components", [])
    missing = EXPECTED - {component["name"] for component in components}
    if missing:
        found.append(f"these crates are missing: {', '.join(sorted(missing))}")
    refs = [part["bom-ref"] for component in components for part in (component, *component.get("components", []))]
    if len(refs) != len(set(refs)):
        found.append("two components have one bom-ref")
    listed = [component for component in components if component["type"] == "machine-learning-model"]
    if [component["name"] for component in listed] != [model["id"] for model in models]:
        found.append("the models are not those of the catalogue")
    for component in listed:
        for file in component["components"]:
            if len(file["hashes"][0]["content"]) != 64 or not file["externalReferences"]:
                found.append(f"{file['bom-ref']} has no SHA-256 or no source")
    return found


def main():
    bill_file, catalogue, out = sys.argv[1:]
    with open(bill_file, encoding="utf-8") as file:
        bill = json.load(file)
    with open(catalogue, "rb") as file:
        models = tomllib.load(file)["model"]
    bill.setdefault("components", []).extend(component(model) for model in models)
    if wrong := problems(bill, models):
        raise SystemExit("sbom: " + "; ".join(wrong))
    with open(out, "w", encoding="utf-8") as file:
        json.dump(bill, file, indent=1, ensure_ascii=False)
        file.write("\n")
    print(f"{out}: {len(bill['components']) - len(models)} crates, {len(models)} models")


main()
