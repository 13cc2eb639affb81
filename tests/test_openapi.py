"""The description fits what is served."""

from __future__ import annotations


def test_every_described_path_is_served_and_every_served_one_described(client, app):
    described = client.get("/openapi.json").get_json()
    assert described["openapi"] == "3.1.0"
    served = {rule.rule.replace("<", "{").replace(">", "}") for rule in app.url_map.iter_rules()}
    own = {"/static/{path:filename}", "/favicon.ico", "/robots.txt", "/pictures/{name}", "/turn", "/clear"}
    files = {rule for rule in served if rule.endswith(".js")}
    assert served - own - files == set(described["paths"]) - files


def test_a_reply_has_what_is_described(client):
    schemas = client.get("/openapi.json").get_json()["components"]["schemas"]
    for question in ("What is functional plasticity?", "i want to die", "Should I stop my meds?", "hello", "who won"):
        reply = client.post("/api/ask", json={"question": question, "explain": True}).get_json()
        assert set(schemas["Reply"]["required"]) <= reply.keys() <= schemas["Reply"]["properties"].keys()
        assert reply["kind"] in schemas["Reply"]["properties"]["kind"]["enum"]
        for passage in reply["passages"]:
            assert passage.keys() == schemas["Passage"]["properties"].keys()
            assert passage["citation"].keys() == schemas["Citation"]["properties"].keys()
        assert reply["support"].keys() <= schemas["Support"]["properties"].keys()
