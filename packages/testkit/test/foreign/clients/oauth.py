"""The OAuth callback that confluent-kafka is given for MSK with IAM."""

from aws_msk_iam_sasl_signer import MSKAuthTokenProvider

REGION = "us-east-1"


def oauth_cb(oauth_config):
    auth_token, expiry_ms = MSKAuthTokenProvider.generate_auth_token(REGION)
    # librdkafka takes seconds since the epoch, where the signer counts milliseconds.
    return auth_token, expiry_ms / 1000
