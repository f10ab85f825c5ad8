"""The command line of the lakehouse app: an ordinary module, not a notebook."""
import argparse


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segment", default="all")
    arguments = parser.parse_args()
    print(f"reporting on segment {arguments.segment}")


if __name__ == "__main__":
    main()
