"""An ordinary Flask application: what it can see of a request, as it would see it in production."""

from flask import Flask, Response, request

app = Flask(__name__)


@app.route("/", defaults={"path": ""}, methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
@app.route("/<path:path>", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
def seen(path):
    return {
        "method": request.method,
        "path": request.path,
        "query": request.query_string.decode(),
        "headers": [[name, value] for name, value in request.headers.items()],
        "environ": {name: value for name, value in request.environ.items() if name.startswith("HTTP_")},
        "body": request.get_data(as_text=True),
    }


@app.get("/stream/<int:count>")
def stream(count):
    return Response((f"line {number}\n" for number in range(count)), mimetype="text/plain")
