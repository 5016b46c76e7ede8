"""The reference client as a command: makes one video with a provider, and says how that went by its exit status.

mockreel verify client --provider kie -- python docs/examples/verify/client.py kie
mockreel verify client --provider kie -- python docs/examples/verify/client.py kie --async
"""

import asyncio
import os
import sys
import tempfile

from mockreel_client import AsyncClient, Client, ClientError
from mockreel_contracts import load
from mockreel_contracts.examples import examples_of, samples

PROVIDER = sys.argv[1]
BODY = samples(load(PROVIDER), examples_of(PROVIDER))[0][1].body
FOLDER = os.environ.get("MOCKREEL_FOLDER") or tempfile.gettempdir()
SPEED = float(os.environ.get("MOCKREEL_SPEED", "1"))
LIMIT_S = 450 / SPEED  # the mock's tasks go by so much faster than the provider's
PACE_S = (10 / SPEED, 60 / SPEED)


def make() -> None:
    """Make a video and fetch it. Raises ClientError."""
    with Client(PROVIDER) as client:  # the URL and the key are in the environment
        task = client.create_task(BODY)
        print("task", task.id, flush=True)
        task = client.wait(task, timeout=LIMIT_S, interval=PACE_S)
        print(client.download(task, FOLDER))


async def make_async() -> None:
    """Like `make`."""
    async with AsyncClient(PROVIDER) as client:
        task = await client.create_task(BODY)
        print("task", task.id, flush=True)
        task = await client.wait(task, timeout=LIMIT_S, interval=PACE_S)
        print(await client.download(task, FOLDER))


if __name__ == "__main__":
    try:
        if "--async" in sys.argv:
            asyncio.run(make_async())
        else:
            make()
    except ClientError as error:
        sys.exit(str(error))
