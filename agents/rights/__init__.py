"""What a worker must be allowed to do in Kafka, and the question whether it is.

A broker that refuses a right says so late and in the words of the client library, or not at all;
so a worker asks before it begins, and names all that it lacks in one go. Rights in Redis are not
here: they are a file, deploy/redis/users.acl.
"""
