"""The command line of the lakehouse app: an ordinary module, not a notebook."""
import argparse


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--country", default="all")
    arguments = parser.parse_args()
    print(f"reporting on country {arguments.country}")


if __name__ == "__main__":
    main()
